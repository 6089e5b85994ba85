"""Files of answers, and a queue of jobs, in memory."""

from typing import BinaryIO

from touchline.errors import NotFound


class MemoryResults:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, key: str, file: BinaryIO) -> int:
        self.files[key] = file.read()
        return len(self.files[key])

    def get(self, key: str) -> bytes:
        if key not in self.files:
            raise NotFound("The result is no longer kept.")
        return self.files[key]

    def link(self, key: str, name: str, content_type: str) -> str:
        return f"memory:///{key}?name={name}&type={content_type}"


class MemoryJobs:
    def __init__(self) -> None:
        self.waiting: list[str] = []

    def send(self, text: str) -> None:
        self.waiting.append(text)
