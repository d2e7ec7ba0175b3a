"""What the listener does that speaks of joy or annoyance."""

from churn_assets.features.aggregates import PLAY, page
from churn_assets.features.aggregates import count as events
from churn_assets.features.declaration import FeatureGroup, count, derived, share

UP, DOWN = events(page("Thumbs Up")), events(page("Thumbs Down"))
THUMBS = UP + DOWN


class Satisfaction(FeatureGroup):
    """Signs of joy and of annoyance in the lookback."""

    thumbs_up = count("Songs liked.", UP)
    thumbs_down = count("Songs disliked.", DOWN)
    thumbs_up_share = share("Likes among the thumbs given.", UP / THUMBS, nullable=True)
    thumbs_per_play = derived("Thumbs given per song played.", THUMBS / events(PLAY), at_least=0)
    playlist_adds = count("Songs added to a playlist.", events(page("Add to Playlist")))
    friends_added = count("Friends added.", events(page("Add Friend")))
    adverts_per_play = derived("Adverts per song played.", events(page("Roll Advert")) / events(PLAY), at_least=0)
    errors = count("Error pages met.", events(page("Error")))
    help_visits = count("Visits of the help page.", events(page("Help")))
    downgrade_visits = count("Visits of the downgrade page.", events(page("Downgrade")))
    cancel_visits = count("Visits of the cancel page.", events(page("Cancel")))
    logouts = count("Logouts.", events(page("Logout")))
