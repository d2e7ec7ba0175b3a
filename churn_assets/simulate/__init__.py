"""A music service that never was: logs in the raw format, and every listener's true probability of churn.

The process, a day at a time (UTC days; every number lives in `behaviour.py`):

1. *Satisfaction* moves by at most one step along fed up - bored - content - delighted: a Markov chain whose pull
   depends on the listener's temper (hard to please, average, easy). It is hidden, and goes on whatever happens.
2. *Presence*: a listener who listens goes away (a holiday, an exam) with a small probability a day, and returns.
   Nobody away opens a session: long silences that end well.
3. *Leaving silently* is final. Its daily hazard rises steeply as satisfaction falls, and is higher on the free plan
   and in the first weeks of an account.
4. *Sessions* of a day are Poisson; the rate is the listener's own, times satisfaction, weekday and weekend habit.
   Nothing else opens a session, so the probability of a silent day is `exp(-rate)`, and exact.
5. *Inside a session* satisfaction drives how many songs are heard and skipped, thumbs, adverts, errors, help and
   downgrade pages, playlists and friends; a listener may change plan or cancel, and is silent from then on.

`true_probabilities` is what the best possible observer would say: one who knows every rate, plan and the whole path
of satisfaction up to the cut-off, but, of a silent listener, not whether he is away, gone or merely quiet. That is
filtered from the silence itself by a forward recursion over (listening, away, gone), then projected over the horizon
by a backward recursion over satisfaction x presence. The log is a function of what this observer knows and of noise,
so no model that reads the log can rank listeners better, save by chance.

A world with more days starts with the same days, byte for byte.
"""

from churn_assets.simulate.landing import Simulated, write_logs
from churn_assets.simulate.truth import true_probabilities, write_truth
from churn_assets.simulate.world import Change, World

__all__ = ["Change", "Simulated", "World", "true_probabilities", "write_logs", "write_truth"]
