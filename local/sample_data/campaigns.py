"""The team whose events these are: its campaigns, messages and prices, and what they lead to."""

from dataclasses import dataclass
from itertools import accumulate

SEGMENTS = ("enterprise", "mid-market", "small-business", "self-serve")
PLANS = ("free", "starter", "pro", "scale")
COUNTRIES = ("DE", "FR", "GB", "US", "NL", "PL")
PAGES = ("/pricing", "/features", "/customers", "/docs", "/signup")
PRICES = {"EUR": ("19.00", "29.00", "49.00", "79.00"), "USD": ("21.00", "32.00", "55.00", "89.00")}


@dataclass(frozen=True, slots=True)
class Campaign:
    name: str
    journey: str
    channel: str
    share: float
    conversion: float  # of page visitors who start a trial
    spend: int  # EUR a day


@dataclass(frozen=True, slots=True)
class Message:
    """One of two e-mails of a campaign; B's subject line works better."""

    variant: str
    opened: float
    clicked: float  # of those who opened


CAMPAIGNS = (
    Campaign("autumn-launch", "launch", "email", 0.34, 0.10, 120),
    Campaign("onboarding", "first-30-days", "email", 0.24, 0.14, 60),
    Campaign("win-back", "lapsed-customers", "email", 0.14, 0.06, 45),
    Campaign("brand-search", "evaluation", "paid-search", 0.12, 0.12, 310),
    Campaign("product-stories", "awareness", "social", 0.09, 0.05, 260),
    Campaign("partner-webinar", "evaluation", "webinar", 0.07, 0.16, 150),
)
UP_TO = list(accumulate(campaign.share for campaign in CAMPAIGNS))
MESSAGES = (Message("A", 0.24, 0.20), Message("B", 0.31, 0.27))
BOUNCED, UNSUBSCRIBED, TRIAL_TO_ORDER = 0.021, 0.006, 0.35
# Privacy proxies load a message's images as it arrives, whether anybody looks or not.
OPENED_BY_MACHINE = 0.04
PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
