"""The pages of a music log, and what is logged beside each."""

from enum import Enum


class Page(Enum):
    """A page as the log shows it: its name, who asks for it, the HTTP method and the status.

    In the order that they take within a session when they carry the same millisecond.
    """

    VISITOR_HOME = ("Home", "Logged Out", "GET", 200)
    GUEST_HOME = ("Home", "Guest", "GET", 200)
    VISITOR_LOGIN = ("Login", "Logged Out", "PUT", 307)
    VISITOR_ABOUT = ("About", "Logged Out", "GET", 200)
    VISITOR_HELP = ("Help", "Logged Out", "GET", 200)
    VISITOR_ERROR = ("Error", "Logged Out", "GET", 404)
    GUEST_REGISTER = ("Register", "Guest", "GET", 200)
    GUEST_SUBMIT_REGISTRATION = ("Submit Registration", "Guest", "PUT", 307)
    GUEST_ABOUT = ("About", "Guest", "GET", 200)
    SUBMIT_REGISTRATION = ("Submit Registration", "Logged In", "PUT", 307)
    HOME = ("Home", "Logged In", "GET", 200)
    NEXT_SONG = ("NextSong", "Logged In", "PUT", 200)
    THUMBS_UP = ("Thumbs Up", "Logged In", "PUT", 307)
    THUMBS_DOWN = ("Thumbs Down", "Logged In", "PUT", 307)
    ADD_TO_PLAYLIST = ("Add to Playlist", "Logged In", "PUT", 200)
    ADD_FRIEND = ("Add Friend", "Logged In", "PUT", 307)
    ROLL_ADVERT = ("Roll Advert", "Logged In", "GET", 200)
    HELP = ("Help", "Logged In", "GET", 200)
    ERROR = ("Error", "Logged In", "GET", 404)
    ABOUT = ("About", "Logged In", "GET", 200)
    SETTINGS = ("Settings", "Logged In", "GET", 200)
    SAVE_SETTINGS = ("Save Settings", "Logged In", "PUT", 307)
    UPGRADE = ("Upgrade", "Logged In", "GET", 200)
    SUBMIT_UPGRADE = ("Submit Upgrade", "Logged In", "PUT", 307)
    DOWNGRADE = ("Downgrade", "Logged In", "GET", 200)
    SUBMIT_DOWNGRADE = ("Submit Downgrade", "Logged In", "PUT", 307)
    CANCEL = ("Cancel", "Logged In", "PUT", 307)
    CANCELLATION_CONFIRMATION = ("Cancellation Confirmation", "Cancelled", "GET", 200)
    LOGOUT = ("Logout", "Logged In", "PUT", 307)

    @property
    def code(self) -> int:
        """Position among all pages, as `Events.page` holds it."""
        return PAGES.index(self)

    @property
    def is_visitor(self) -> bool:
        """Whether nobody is logged in: such a row names no listener."""
        return self.value[1] in ("Logged Out", "Guest")


PAGES = tuple(Page)
