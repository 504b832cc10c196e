# one_server.sh COMMAND... - run COMMAND where the only name server is our own
# dns_server, and then show what it was asked. Linux; to be run by
# unshare -rmn, in a network and with an /etc of its own.
ip link set lo up
mount --bind one_server.resolv /etc/resolv.conf
mount --bind one_server.nsswitch /etc/nsswitch.conf
mkfifo asked
./dns_server 53 example.kr.zone > asked &
exec 3< asked
rm asked
read -r bound <&3
"$@"
status=$?
kill $!
grep asks <&3 || echo nobody was asked
exit $status
