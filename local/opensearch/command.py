"""The command line of a node: Java's flags, the class archive, and not being root."""

import os
import shutil
import subprocess
from pathlib import Path

from local.folders import cache_folder
from local.opensearch.java import Java

NOBODY = 65534
ARCHIVES_SINCE = 17
OTHERS_MAY_ENTER = 0o001


def java_command(java: Java, home: Path, folder: Path, *, heap: str, fast: bool) -> list[str]:
    flags = [*_memory(heap), *_expected_by_the_server(java, folder), *_quick_start(java, home, folder, fast=fast)]
    if fast:
        flags.append("-XX:TieredStopAtLevel=1")
    command = [
        str(java.executable),
        *flags,
        f"-Dopensearch.path.home={home}",
        f"-Dopensearch.path.conf={folder / 'config'}",
        "-Dopensearch.distribution.type=zip",
        "-Dopensearch.bundled_jdk=false",
        "-cp",
        f"{home}/lib/*",
        "org.opensearch.bootstrap.OpenSearch",
    ]
    return _as_ordinary_user(command, home, folder, java) if os.geteuid() == 0 else command


def _memory(heap: str) -> list[str]:
    return [f"-Xms{heap}", f"-Xmx{heap}", "-Xss1m", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError"]


def _expected_by_the_server(java: Java, folder: Path) -> list[str]:
    """What the server's own start script sets, as far as it matters here."""
    temporary = folder / "tmp"
    flags = [
        f"-Djava.io.tmpdir={temporary}",
        f"-Djna.tmpdir={temporary}",
        f"-XX:ErrorFile={temporary}/hs_err_pid%p.log",
        "-Djna.nosys=true",
        "-Djava.awt.headless=true",
        "-Dfile.encoding=UTF-8",
        "-Djava.locale.providers=SPI,COMPAT",
        "-Dio.netty.noUnsafe=true",
        "-Dio.netty.noKeySetOptimization=true",
        "-Dio.netty.recycler.maxCapacityPerThread=0",
        "-Dio.netty.allocator.numDirectArenas=0",
        "-Dlog4j.shutdownHookEnabled=false",
        "-Dlog4j2.disable.jmx=true",
        "-XX:-OmitStackTraceInFastThrow",
    ]
    return [*flags, "-Djava.security.manager=allow"] if java.major >= 18 else flags


def _quick_start(java: Java, home: Path, folder: Path, *, fast: bool) -> list[str]:
    """An archive of loaded classes saves half of the start. The first node to stop writes it, for all later ones."""
    if java.major < ARCHIVES_SINCE:
        return []
    name = f"{home.name}-java-{java.version}{'-fast' if fast else ''}.jsa"
    if (cache_folder() / name).exists():
        return [
            f"-XX:SharedArchiveFile={cache_folder() / name}",
            "-Xshare:auto",
            "-Xlog:cds=off",
            "-Xlog:cds+dynamic=off",
        ]
    (folder / name).unlink(missing_ok=True)  # of a node that was killed while it wrote
    return [f"-XX:ArchiveClassesAtExit={folder / name}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]


def keep_class_archive(folder: Path) -> None:
    """To the cache in one step, so that no node reads half an archive."""
    for archive in folder.glob("*.jsa"):
        partial = cache_folder() / f".{archive.name}-{os.getpid()}"
        shutil.copyfile(archive, partial)
        partial.replace(cache_folder() / archive.name)
        archive.unlink()


def _as_ordinary_user(command: list[str], home: Path, folder: Path, java: Java) -> list[str]:
    """OpenSearch refuses to run as root: another user runs it, if it may enter all it needs."""
    setpriv = shutil.which("setpriv")
    if setpriv and all(_open_to_all(place) for place in (home, folder, java.executable.resolve())):
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(folder)], check=True)
        user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--pdeathsig", "keep"]
        return [setpriv, *user, *command]
    # Without JNA it cannot tell that it is root, warns, and goes on.
    return [command[0], "-Djna.nounpack=true", *command[1:]]


def _open_to_all(place: Path) -> bool:
    return all(folder.stat().st_mode & OTHERS_MAY_ENTER for folder in (place, *place.parents))
