"""What third-party packages bring and Lambda never reads: left out, for a function's layers hold 250 MB at most."""

import shutil
import struct
from pathlib import Path

NEVER_USED = (
    # opensearch-py's gRPC transport is never imported; boto3 and what belongs to it come with the runtime.
    "opensearch_protobufs",
    "google",
    "grpc",
    "boto3",
    "botocore",
    "s3transfer",
    "bin",
    # Places, carriers and time zones of telephone numbers: 41 MB. Numbers themselves are in phonenumbers/data.
    "phonenumbers/geodata",
    "phonenumbers/carrierdata",
    "phonenumbers/tzdata",
    "numpy/f2py",
    "numpy/random",
)
NEVER_READ = (
    "**/tests",
    "**/test",
    "**/__pycache__",
    "**/*.pyi",
    "**/*.dist-info/sboms",
    ".lock",
    "zstandard/_cffi*.so",  # the second backend, which needs cffi
    "numpy/_core/_simd*.so",  # for NumPy's own tests
)
ELF = b"\x7fELF\x02\x01"  # 64 bits, little-endian: both architectures of Lambda
ELF_HEADER_BYTES = 64


def trim(packages: Path) -> None:
    for name in NEVER_USED:
        shutil.rmtree(packages / name, ignore_errors=True)
    for pattern in NEVER_READ:
        for path in list(packages.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    # All of Lambda's x86_64 machines have AVX2: RapidFuzz's twins without it are never loaded.
    for library in packages.glob("rapidfuzz/**/*_avx2.*.so"):
        library.with_name(library.name.replace("_avx2", "")).unlink(missing_ok=True)
    for library in [*packages.rglob("*.so"), *packages.rglob("*.so.*")]:
        library.write_bytes(without_symbols(library.read_bytes()))


def without_symbols(library: bytes) -> bytes:
    """A shared library that ends with its last segment, which is all that is ever loaded.

    Symbol tables for debuggers come after it: a fourth of polars. A machine's own `strip` does not read the other
    architecture's libraries.
    """
    if not library.startswith(ELF):
        return library
    segments_at = struct.unpack_from("<Q", library, 32)[0]
    segment_bytes, segments = struct.unpack_from("<HH", library, 54)
    end = max(ELF_HEADER_BYTES, segments_at + segment_bytes * segments)
    for number in range(segments):
        offset, size = _extent(library, segments_at + segment_bytes * number)
        end = max(end, offset + size)
    header = bytearray(library[:ELF_HEADER_BYTES])
    struct.pack_into("<Q", header, 40, 0)  # where the table of sections is,
    struct.pack_into("<HH", header, 60, 0, 0)  # how many there are, and which one holds their names
    return bytes(header) + library[ELF_HEADER_BYTES:end]


def _extent(library: bytes, segment_at: int) -> tuple[int, int]:
    """Where a segment begins in the file, and its bytes there."""
    return struct.unpack_from("<Q", library, segment_at + 8)[0], struct.unpack_from("<Q", library, segment_at + 32)[0]
