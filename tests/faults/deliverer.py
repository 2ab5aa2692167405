"""The delivering half of the shipped alert service as a process, without a broker: python -m tests.faults.deliverer.

It is told by the service's own environment variables what to deliver from and where to.
"""

from __future__ import annotations

import sys

from services.alert.app import SERVICE, AlertService
from services.alert.settings import AlertSettings
from services.cli.settings import load
from services.runtime.log import configure_logging
from services.runtime.serve import new_health, run_service
from services.taxonomy.load import default_taxonomy


def main() -> int:
    """Deliver until told to stop, or until the right to send is lost."""
    settings = load(AlertSettings)
    configure_logging(SERVICE, settings)
    health = new_health(SERVICE, settings)
    service = AlertService(settings, default_taxonomy(), health)
    try:
        return run_service(SERVICE, settings, [service.deliver], health=health)
    finally:
        service.close()


if __name__ == "__main__":
    sys.exit(main())
