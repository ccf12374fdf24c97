# When the image is built: schemas, keys, catalogue; so that a cloud starts in seconds.
# shellcheck shell=bash
set -euo pipefail
here=/opt/lab etc=/etc/lab
mkdir -p /var/lib/lab/{nova,cinder,neutron,images,locks,fernet,credentials} /etc/placement
cat $etc/common.conf $etc/placement.conf >/etc/placement/placement.conf # it reads one file

bash $here/service.sh start mariadb
for _ in $(seq 300); do
    mariadb -e 'select 1' >/dev/null 2>&1 && break
    sleep 0.1
done
for name in keystone placement glance nova_api nova_cell0 nova cinder neutron; do
    echo "create database $name;"
done | mariadb
for host in localhost 127.0.0.1; do
    mariadb -e "grant all on *.* to lab@'$host' identified by 'lab'"
done

nova() { nova-manage --config-file $etc/common.conf --config-file $etc/nova.conf "$@"; }
(
    keystone-manage db_sync
    keystone-manage fernet_setup --keystone-user root --keystone-group root
    keystone-manage credential_setup --keystone-user root --keystone-group root
    keystone-manage bootstrap --bootstrap-password lab --bootstrap-region-id RegionOne \
        --bootstrap-public-url http://127.0.0.1:5000/v3 \
        --bootstrap-internal-url http://127.0.0.1:5000/v3
    placement-manage db sync
    glance-manage --config-file $etc/common.conf --config-file $etc/glance.conf db_sync
    cinder-manage --config-file $etc/common.conf --config-file $etc/cinder.conf db sync
) &
first=$!
(
    neutron-db-manage --config-file $etc/common.conf --config-file $etc/neutron.conf upgrade heads
    nova api_db sync
    nova cell_v2 map_cell0 --database_connection 'mysql+pymysql://lab:lab@127.0.0.1/nova_cell0?charset=utf8'
    nova db sync
    nova cell_v2 create_cell --name cell
    # What nova would find out within a minute: that the computer `lab` is of this cell.
    mariadb nova_api -e "insert into host_mappings (created_at, cell_id, host)
        select now(), id, 'lab' from cell_mappings where name = 'cell'"
)
wait $first

bash $here/service.sh start keystone
python3 $here/catalogue.py
bash $here/service.sh stop keystone mariadb
rm -rf /run/lab /var/log/lab
