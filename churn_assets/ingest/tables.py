"""Contracts of the ingest tables."""

from churn_assets.contracts.contract import Column, Contract, Type, day, integer, number, text, timestamp

DAY = day("day", "UTC day, the partition.")
USER_ID = text("user_id", "The listener; never empty.")
DEVICES = ("Desktop", "Mobile", "Tablet", "Other")
ORIGINS = ("log", "served")
ORIGIN = text("origin", "Where it came from: a log file, or a request to the API (`served/`).", values=ORIGINS)
OPERATING_SYSTEMS = ("Windows", "macOS", "Linux", "iOS", "Android", "Chrome OS", "Other")
BROWSERS = ("Chrome", "Firefox", "Safari", "Edge", "Internet Explorer", "Opera", "Other")

RAW_LOGS = Contract(
    table="raw_logs",
    row="one decodable log line, its fields as the log has them",
    partition="day",
    order=("file", "line"),
    key=("file", "line"),
    columns=(
        DAY,
        text("file", "Landing file, relative to the landing folder."),
        integer("line", "Line number in the (decompressed) file, from 1.", at_least=1),
        ORIGIN,
        timestamp("ts", "Time of the event."),
        text("user_id", "`userId`; empty for logged-out visitors."),
        integer("session_id", "`sessionId`."),
        integer("item_in_session", "`itemInSession`."),
        text("page", "`page`."),
        text("auth", "`auth`.", nullable=True),
        text("method", "`method`.", nullable=True),
        integer("status", "`status`, an HTTP code.", nullable=True),
        text("level", "`level`.", nullable=True),
        text("artist", "`artist`.", nullable=True),
        text("song", "`song`.", nullable=True),
        number("length", "`length` of the song in seconds.", nullable=True),
        text("gender", "`gender`.", nullable=True),
        text("first_name", "`firstName` (personal).", nullable=True),
        text("last_name", "`lastName` (personal).", nullable=True),
        text("location", "`location`.", nullable=True),
        text("user_agent", "`userAgent`.", nullable=True),
        timestamp("registration", "`registration`.", nullable=True),
        text("device", "`device`, which only requests to the API carry.", nullable=True),
    ),
)

QUARANTINED_LINES = Contract(
    table="quarantined_lines",
    row="one line that could not be used",
    partition="day",
    order=("file", "line"),
    key=("file", "line"),
    columns=(
        DAY,
        text("file", "Landing file, relative to the landing folder."),
        integer("line", "Line number in the (decompressed) file, from 1.", at_least=1),
        text("reason", "Why it could not be used: a short code, then the field or detail."),
        Column("content", Type.BYTES, "The bytes of the line, without its line end."),
    ),
)

EVENTS = Contract(
    table="events",
    row="one clean event of a listener",
    partition="day",
    order=("user_id", "ts", "session_id", "item_in_session", "page"),
    key=("user_id", "session_id", "item_in_session", "ts", "page"),
    columns=(
        DAY,
        USER_ID,
        timestamp("ts", "Time of the event."),
        integer("session_id", "Session; several listeners may share one, so the key is (user_id, session_id)."),
        integer("item_in_session", "Position in the session; tells events of one millisecond apart."),
        text("page", "Page; unknown ones are kept."),
        text("level", "Subscription level: free or paid.", nullable=True),
        text("artist", "Artist played.", nullable=True),
        text("song", "Song played.", nullable=True),
        number("length", "Length of the song in seconds.", nullable=True),
        text("method", "HTTP method.", nullable=True),
        integer("status", "HTTP status.", nullable=True),
        text("gender", "Gender as registered.", nullable=True),
        text("city", "City or cities of the location.", nullable=True),
        text("region", "State(s) of the location, as in `KY-IN`.", nullable=True),
        text("country", "Country of the location.", nullable=True),
        text("device", "Kind of device.", nullable=True, values=DEVICES),
        text("os", "Operating system.", nullable=True, values=OPERATING_SYSTEMS),
        text("browser", "Browser.", nullable=True, values=BROWSERS),
        timestamp("registration", "When the listener registered.", nullable=True),
        ORIGIN,
    ),
)

SESSIONS = Contract(
    table="sessions",
    row="one session, or the day's part of one that crosses midnight",
    partition="day",
    order=("user_id", "session_id"),
    key=("user_id", "session_id"),
    columns=(
        DAY,
        USER_ID,
        integer("session_id", "Session; the key is (user_id, session_id)."),
        timestamp("start_ts", "First event of the part."),
        timestamp("end_ts", "Last event of the part."),
        integer("events", "Events in the part.", at_least=1),
        integer("plays", "Songs played in the part."),
        integer("play_ms", "Length of the songs played in the part, in milliseconds."),
    ),
)
