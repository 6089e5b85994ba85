"""What Marketo refuses with HTTP 200 and a code, and what it refuses with a status."""


class Refusal(Exception):
    """The whole call: `errors: [{code, message}]`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class HttpRefusal(Exception):
    """A status that is not 200, with a plain text."""

    def __init__(self, status: int, text: str, content_type: str = "text/html;charset=UTF-8") -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text
        self.content_type = content_type
