"""Run the residents' pages: `python -m web.resident --port 8083`."""

import sys

from web.resident.app import from_environment
from web.serving import serve

if __name__ == "__main__":
    sys.exit(serve("The residents' pages", 8083, from_environment))
