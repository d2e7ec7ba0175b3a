"""How varied the listening is."""

from churn_assets.features.aggregates import ARTIST, PAGE, PLAY, SONG, days, heard, newly_heard
from churn_assets.features.aggregates import count as events
from churn_assets.features.declaration import FeatureGroup, count, share

MONTH = days(30)


class Diversity(FeatureGroup):
    """How varied the listening is: distinct pages, songs and artists of the lookback."""

    unique_pages = count("Distinct pages visited.", heard(PAGE))
    unique_songs = count("Distinct songs played.", heard(SONG))
    unique_artists = count("Distinct artists played.", heard(ARTIST))
    diversity_ratio = share("Distinct songs per song played.", unique_songs / events(PLAY), nullable=True)
    new_artist_share_30d = share(
        "Share of the artists of the last 30 days not heard earlier in the lookback.",
        newly_heard(ARTIST, MONTH) / heard(ARTIST, MONTH),
        nullable=True,
    )
