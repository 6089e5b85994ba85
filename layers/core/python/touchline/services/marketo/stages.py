"""Stages by their name, each as what makes one step of it."""

from collections.abc import Mapping

from touchline.domain.marketo.executions import Stage
from touchline.services.marketo.approve import approve
from touchline.services.marketo.download import download
from touchline.services.marketo.export import export
from touchline.services.marketo.poll import poll
from touchline.services.marketo.report import report
from touchline.services.marketo.reserve import reserve
from touchline.services.marketo.run_stage import Perform
from touchline.services.marketo.verify import verify
from touchline.services.marketo.work_on import work_on
from touchline.services.marketo.write_back import write_back

PERFORM: Mapping[Stage, Perform] = {
    "reserve": reserve,
    "export": export,
    "poll": poll,
    "download": download,
    "work": work_on,
    "approve": approve,
    "write_back": write_back,
    "verify": verify,
    "report": report,
}
