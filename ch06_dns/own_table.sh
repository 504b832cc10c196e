# own_table.sh COMMAND... - run COMMAND with own_table.hosts for /etc/hosts, and
# with no name server but one on this computer, if there is one. Linux; to be
# run by unshare -rmn, in a network and with an /etc of its own.
ip link set lo up
mount --bind own_table.hosts /etc/hosts
mount --bind one_server.resolv /etc/resolv.conf
mount --bind one_server.nsswitch /etc/nsswitch.conf
"$@"
