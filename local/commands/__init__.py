"""What `./dev` can do: one module for each group of commands; each adds itself to the parser."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    type Commands = argparse._SubParsersAction[argparse.ArgumentParser]
