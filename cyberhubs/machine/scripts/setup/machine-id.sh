# Which machine this is: an id of this installation, made once. /etc/machine-id would not do, as a
# server that is set up anew may get the same one again.
set -eu
file=/var/lib/cyberhubs/machine
if [ ! -s "$file" ]; then
    mkdir -p "${file%/*}"
    tr -d - </proc/sys/kernel/random/uuid >"$file.new"
    sync "$file.new"
    mv -f "$file.new" "$file"
fi
cat "$file"
