"""A guest of QEMU's with a kernel of Debian's, for what this machine's kernel lacks; a minute for a job."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import docker

from tests.support import images, progress, run
from tests.support.lab.machine import SUITE

CONTEXT = Path(__file__).with_suffix("")
FIRST, SECOND = "/dev/vdb", "/dev/vdd"  # empty disks of 2 GB that it has


def guest_image(engine: docker.DockerClient, suite: str = SUITE) -> str:
    """Id of the image of the hypervisor with the guest, which has Debian's `suite`."""
    return images.of_debian(engine, suite, CONTEXT, "guest")


def in_guest(files: Mapping[str, bytes]) -> str:
    """What `job.sh`, one of the files, prints there as root. Raises AssertionError if it does not end well."""
    engine = docker.from_env()
    with progress.step("a guest with a kernel of Debian's"):
        hypervisor = engine.containers.create(
            guest_image(engine), name=run.named("cyberhubs-lab-guest"), network_mode="none"
        )
        try:
            hypervisor.put_archive("/", _tar({"job.tar": _tar(files)}))
            hypervisor.start()
            hypervisor.wait()
            console = hypervisor.logs().decode(errors="replace")
            chunks, _ = hypervisor.get_archive("/answer")
            with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
                file = tar.extractfile("answer")
                assert file
                answer = file.read().decode(errors="replace").replace("\r\n", "\n")
        finally:
            hypervisor.remove(force=True, v=True)
    assert answer.endswith("ended with 0\n"), f"{answer}\n{console[-3000:]}"
    return answer.removesuffix("ended with 0\n")


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
