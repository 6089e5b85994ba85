"""What the seeded instance sent, and from where people came to it."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mailing:
    """`days`: how long ago it was sent. Two variants each."""

    asset: int
    name: str  # Program.Asset
    program: int
    campaign: int
    days: int


MAILINGS: Final = (
    Mailing(1301, "Monthly Newsletter.June", 1103, 1204, 150),
    Mailing(1302, "Monthly Newsletter.July", 1103, 1204, 120),
    Mailing(1303, "Monthly Newsletter.August", 1103, 1204, 90),
    Mailing(1304, "Trade Show.Thank you", 1102, 1203, 70),
    Mailing(1305, "Monthly Newsletter.September", 1103, 1204, 60),
    Mailing(1306, "Spring Webinar.Invitation", 1101, 1201, 40),
    Mailing(1307, "Monthly Newsletter.October", 1103, 1204, 29),
    Mailing(1308, "Spring Webinar.Reminder", 1101, 1201, 12),
    Mailing(1309, "Spring Webinar.Last call", 1101, 1201, 3),
)
FORM: Final = (1401, "Spring Webinar.Registration")
PAGE: Final = (1501, "Spring Webinar.Landing page")
ACTIVITIES_A_SEND: Final = 2.55  # with all that follows, on average
PROXY: Final = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
BROWSER: Final = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15"
