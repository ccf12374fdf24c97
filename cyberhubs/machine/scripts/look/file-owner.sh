# Whose members' files are that are not $2's: a line each, uid and path, of a hub's directory and of the homes in it, for what is
# near their tops, too.
# $1 their directory, $2 uid
set -eu
[ -d "$1" ] || exit 0
{
    find "$1" -mindepth 1 -maxdepth 2 -type d ! -uid "$2" -printf '%U %p\n' || : # what may not be read
    timeout 30 find "$1"/*/* -mindepth 1 -maxdepth 2 ! -uid "$2" -printf '%U %H\n' || :
} 2>/dev/null | sort -u
