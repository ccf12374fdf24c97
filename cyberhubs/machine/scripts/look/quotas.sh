# Whether the file system of a stack's data has project quotas, which limits.disk needs: a line that says what is missing and
# what to do, or nothing. Uses common.sh and common-quotas.sh.
# $1 the data, $2 the file system that an empty disk gets there; empty where no disk is made
# shellcheck disable=SC2154 # of common-quotas.sh
data=$1 filesystem=$2

if [ -n "$filesystem" ] && ! findmnt --mountpoint "$data" >/dev/null; then
    kernel_has_quotas "$filesystem" || echo "$no_kernel on $filesystem: $another_kernel."
    exit
fi
until [ -e "$data" ]; do
    data=${data%/*}
    data=${data:-/}
done
type=$(findmnt -no FSTYPE --target "$data")
case ,$(findmnt -no OPTIONS --target "$data"), in
*,prjquota,* | *,pquota,*) exit ;;
esac
missing="limits.disk needs project quotas, which the file system of $data ($type) has not"
if [ -z "$filesystem" ]; then
    echo "$missing: have host.data.path on an ext4 (mkfs.ext4 -O quota,project -E quotatype=prjquota) or xfs that is mounted with prjquota, or leave limits.disk out."
elif ! kernel_has_quotas "$type"; then
    echo "$no_kernel on $type: $another_kernel."
else
    disk=$(findmnt -no SOURCE --mountpoint "$data")
    [ "$type" = xfs ] || more=" && tune2fs -O quota,project -Q prjquota $disk"
    echo "$missing. It gets them while it is not mounted, with which members' servers end; as root there: docker ps -q | xargs -r docker stop && systemctl stop docker.socket docker containerd && umount -R $data${more-} && mount -o prjquota $data && systemctl start docker. Then run the same command again; or leave limits.disk out."
fi
