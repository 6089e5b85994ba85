"""Messages postponed and set aside, remembered in memory."""


class MemoryRedelivery:
    def __init__(self) -> None:
        self.postponed: dict[str, int] = {}
        self.dead_letters: list[tuple[str, str]] = []

    def postpone(self, receipt: str, seconds: int) -> None:
        self.postponed[receipt] = seconds

    def set_aside(self, text: str, reason: str) -> None:
        self.dead_letters.append((text, reason))
