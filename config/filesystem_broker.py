"""A queue of files that several readers may share."""

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """The stock channel, but a message appears under its name only when it is whole.

    The stock one creates the file and then writes it, so that a quick reader takes half a message and dies.
    """

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]  # As kombu calls it.
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        whole = Path(self.data_folder_out) / name
        # The dot keeps readers away: they list the folder and look for names that end in the queue's.
        unfinished = whole.with_name(f".{name}.unfinished")
        unfinished.write_bytes(str_to_bytes(dumps(payload)))
        unfinished.replace(whole)


class Transport(filesystem.Transport):
    Channel = Channel


def install() -> None:
    """Answer to `filesystem://` in this process."""
    TRANSPORT_ALIASES["filesystem"] = "config.filesystem_broker:Transport"
