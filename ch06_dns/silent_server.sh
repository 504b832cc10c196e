# silent_server.sh COMMAND... - run COMMAND where the only name server is a
# stopped one (as Ctrl-Z would leave it): questions reach it, and no answer
# comes. Linux; to be run by unshare -rmn, see own_table.sh.
mkfifo said
./dns_server 53 example.kr.zone > said &
exec 3< said
rm said
read -r bound <&3
kill -STOP $!
"$@"
status=$?
kill -KILL $!
exit $status
