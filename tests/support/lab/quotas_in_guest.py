"""What a guest does for tests/lab/test_quotas.py: homes, and members who write into them, on a disk that is mounted at the
first argument. Prints what came of it, as JSON."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

MB = 2**20
MEMBER = 12345
RECORD = "trusted.cyberhubs.project"
HELPERS_RIGHTS = "-all,+sys_admin,+fowner,+dac_read_search"
ROOM = 400 * MB

users = Path(sys.argv[1], "jupyterhub_users/core")
shared = Path(sys.argv[1], "user")

WRITE = """
import os, sys
size, written = int(sys.argv[2]), 0
try:
    file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while written < size:
        written += os.write(file, bytes(min(2**20, size - written)))
    os.fsync(file)
    print(written, 0)
except OSError as error:
    print(written, error.errno)
"""
CREATE = """
import sys
for number in range(10**6):
    try:
        open(f"{sys.argv[1]}/{number}", "x").close()
    except OSError as error:
        sys.exit(print(number, error.errno))
"""
LEAVE = """
import fcntl, os, struct, sys
def refused(file, request, argument):
    try:
        fcntl.ioctl(file, request, argument)
    except OSError as error:
        return error.errno
    return 0
file, home = (os.open(path, os.O_RDONLY) for path in sys.argv[1:])
attributes = bytearray(fcntl.ioctl(file, 0x801C581F, bytes(28)))
attributes[12:16] = bytes(4)
flags = struct.unpack("=l", fcntl.ioctl(home, 0x80086601, bytes(8))[:4])[0] & ~0x20000000
print(refused(file, 0x401C5820, bytes(attributes)), refused(home, 0x40086602, struct.pack("=q", flags)))
"""


SEE = """
import os, sys
print(len(os.listxattr(sys.argv[1])), 0)
"""


def limit(home, most):
    """As the hub's container for it does."""
    program = [sys.executable, "-m", "cyberhubs_hub.set_project_quota", home, str(most)]
    rights = ["setpriv", "--no-new-privs", f"--bounding-set={HELPERS_RIGHTS}"]
    subprocess.run([*rights, *program], check=True)


def as_member(code, *arguments, filtered=True):
    """The two numbers that it prints."""
    keep = ["python3", "-IS", "keep-project.py"] if filtered else []
    member = [f"--reuid={MEMBER}", f"--regid={MEMBER}", "--clear-groups", "--no-new-privs"]
    command = ["setpriv", *member, "--bounding-set=-all", *keep, "python3", "-c", code]
    said = subprocess.run([*command, *map(str, arguments)], check=True, stdout=subprocess.PIPE)
    return [int(number) for number in said.stdout.split()]


def home(name):
    made = users / name
    made.mkdir(mode=0o700)
    os.chown(made, MEMBER, MEMBER)
    return made


def shown(directory):
    of = os.statvfs(directory)
    return [of.f_blocks * of.f_frsize // MB, of.f_bavail * of.f_frsize // MB]


def project(path):
    return int(subprocess.check_output(["lsattr", "-dp", path]).split()[0])


def put(path, number, *flags):
    subprocess.run(["chattr", "-p", str(number), *flags, path], check=True)


def record(path):
    try:
        return os.getxattr(path, RECORD).decode()
    except OSError:
        return ""


users.mkdir(parents=True)
users.chmod(0o711)
shared.mkdir()
os.chown(shared, MEMBER, MEMBER)
found = {}

# A home from before, with what may be in one.
ada, grace = home("ada"), home("grace")
(ada / "project/data").mkdir(parents=True)
(ada / "project/data/old").write_bytes(bytes(8 * MB))
(ada / "locked").write_text("nobody may read it")
(shared / "elsewhere").write_text("of others")
(ada / "elsewhere").symlink_to(shared / "elsewhere")
(ada / "away").symlink_to(shared)
os.mkfifo(ada / "pipe")
for path in ada.rglob("*"):
    os.lchown(path, MEMBER, MEMBER)
(ada / "locked").chmod(0)
limit(ada, 64 * MB)
limit(grace, 256 * MB)
own = project(ada)
found["in_its_project"] = [
    project(path) == own for path in (ada / "project/data/old", ada / "locked", ada / "project")
]
found["of_others"] = [project(shared / "elsewhere"), project(shared), project(users)]
found["apart"] = own != project(grace)
found["shown"] = shown(ada)[0]
found["disk"] = shown(users)[0]

# The limit is reached, and hurts nobody else.
found["to_the_limit"] = as_member(WRITE, ada / "new", ROOM)
found["left"] = shown(ada)[1]
found["grace_writes_on"] = as_member(WRITE, grace / "new", 100 * MB)
(ada / "new").unlink()
found["after_deleting"] = as_member(WRITE, ada / "project/new", 10 * MB)

# Nobody leaves it.
found["leaving"] = as_member(LEAVE, ada / "project/new", ada)
found["still_in_it"] = project(ada / "project/new") == own
found["leaving_without_the_filter"] = as_member(LEAVE, grace / "new", grace, filtered=False)
limit(grace, 256 * MB)
found["taken_back"] = project(grace / "new") == project(grace) == int(record(grace))

# Another limit.
limit(ada, 128 * MB)
found["raised"] = [shown(ada)[0], as_member(WRITE, ada / "more", ROOM)]
limit(ada, 32 * MB)
found["lowered"] = [shown(ada), as_member(WRITE, ada / "yet-more", MB)]
(ada / "more").unlink()
found["lowered_after_deleting"] = as_member(WRITE, ada / "yet-more", MB)
limit(ada, 0)
found["removed"] = [shown(ada)[0], record(ada), as_member(WRITE, ada / "all", 200 * MB)]

# So many files, too.
many = home("many")
limit(many, 4 * MB)
found["files"] = as_member(CREATE, many)

# A part of a block is not given.
part = home("part")
limit(part, 64 * MB + 4096 + 2048)
found["part_of_a_block"] = os.statvfs(part).f_blocks * 4096 - 64 * MB

# A project that the member had put it in, when nothing kept them from that, has no say.
own_way = home("own-way")
for path in (own_way / "in-it", own_way / "free"):
    path.touch()
for path in (own_way, own_way / "in-it"):
    put(path, 4242, *(["+P"] if path == own_way else []))
limit(own_way, 8 * MB)
numbers = {project(path) for path in (own_way, own_way / "in-it", own_way / "free")}
found["own_way"] = [len(numbers), bool(numbers & {0, 4242})]

# Nor has the limit of somebody else anything to do with a home that is to have none.
operators = home("operators")
limit(operators, 16 * MB)
os.removexattr(operators, RECORD)
number = project(operators)
limit(operators, 0)
found["of_the_operator"] = [shown(operators)[0], project(operators) == number, record(operators)]

found["a_member_sees"] = as_member(SEE, grace)

# How long a large home takes, and that it holds after the next start of the machine.
large = home("large")
for number in range(5000):
    (large / str(number)).touch()
# Cut off, it goes on with the same project.
program = [sys.executable, "-m", "cyberhubs_hub.set_project_quota", large, str(64 * MB)]
cut = subprocess.Popen(program)
while not record(large):
    time.sleep(0.001)
cut.kill()
cut.wait()
at_the_cut = record(large)
began = time.monotonic()
limit(large, 64 * MB)
found["seconds_for_5000_files"] = round(time.monotonic() - began, 1)
found["goes_on"] = [at_the_cut, f"{record(large)} begun"]
listed = subprocess.check_output(["lsattr", "-p", large], text=True).splitlines()
found["all_in_it"] = {int(line.split()[0]) for line in listed} == {project(large)}
subprocess.run(["umount", sys.argv[1]], check=True)
subprocess.run(["mount", sys.argv[1]], check=True)
found["after_a_restart"] = as_member(WRITE, large / "new", ROOM)
print(json.dumps(found))
