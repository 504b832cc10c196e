#!/bin/sh
# file_transfer.sh - file_server and file_client: byte for byte, or a clear
# error and no half file.
#
# Try     sh file_transfer.sh BUILD_DIR/ch05_half_close TALKER [BYTES]
#
# BYTES: the size of a large file to fetch in addition.
# Nothing here waits for a time: the server's own lines say how far it is.
programs=$1
talker=$2
large=$3
# Who must write before anybody reads needs room for it.
if read -r _ room _ </proc/sys/net/ipv4/tcp_wmem && [ "$room" -lt 16384 ]; then
    echo "skipped: TCP's buffers are small here (net.ipv4.tcp_wmem)"
    [ -z "${PLAY_NO_SKIP-}" ] || exit 1
    exit 77
fi 2>/dev/null
folder=$(mktemp -d) || exit 1
server=
client=
clean_up() {
    [ -z "$server" ] || kill -9 $server 2>/dev/null
    [ -z "$client" ] || kill -9 $client 2>/dev/null
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
cd "$folder" || exit 1
mkfifo log
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# start FILE: a server for it; its port is in $port, its lines on descriptor 3.
start() {
    "$programs/file_server" 0 "$1" > log &
    server=$!
    exec 3< log
    read -r line <&3
    port=${line##*:}
}

stop() {
    kill $server
    wait $server 2>/dev/null
    server=
    exec 3<&-
}

# told TEXT: the server's next lines, up to one with TEXT in it.
told() {
    while read -r line <&3; do
        case $line in
        *"$1"*) return ;;
        esac
    done
    fail "the server ended and never said: $1"
}

# whole FILE OUTPUT: FILE is served, and comes to OUTPUT byte for byte.
whole() {
    start "$1"
    "$programs/file_client" 127.0.0.1 $port "$2" > out 2>&1 ||
        fail "$1 to $2: $(cat out)"
    told "Thank you"
    stop
    cmp "./$1" "./$2" || fail "$1 and $2 differ"
    rm -f -- "$2"
}

# no_file OUTPUT: neither it nor what it would have been renamed from.
no_file() {
    for found in "$1" "$1".*; do
        [ ! -e "$found" ] || fail "there is a file $found"
    done
}

# refused STATUS TEXT: the client's status, and its one line on stderr.
refused() {
    [ "$1" = 1 ] || fail "status $1, 1 expected: $2"
    [ "$(wc -l < err)" -eq 1 ] || fail "not one line: $(cat err)"
    grep -q "$2" err || fail "expected $2, got: $(cat err)"
}

echo "sizes around nothing, and around the buffer's"
for size in 0 1 2 262143 262144 262145 1000000; do
    head -c $size /dev/urandom > file
    whole file copy
done
[ -z "$large" ] || {
    echo "$large bytes"
    head -c "$large" /dev/urandom > large
    whole large copy
    rm large
}

echo "names"
head -c 1000 /dev/urandom > file
for name in "a name with spaces" "-" "-rf" "ends with a dot." "%s%n" "sub/name"
do
    mkdir -p sub
    whole file "$name"
done
echo older > copy
whole file copy
start file
name=$(printf '%0255d' 0)
"$programs/file_client" 127.0.0.1 $port "$name" > out 2> err
refused $? "name too long"
no_file "$name"
name=$(printf '%02035d' 0 | sed 's|0|./|g')a-name-that-just-fits # in 4096 bytes
"$programs/file_client" 127.0.0.1 $port "$name" > out 2> err
refused $? "name too long" # but not with what it is called meanwhile
no_file a-name-that-just-fits
stop

echo "what is no file to serve"
mkfifo pipe
for name in . pipe /dev/null missing ''; do
    for server in file_server hasty_file_server; do
        "$programs/$server" 0 "$name" > out 2> err
        refused $? "$server: open"
        [ ! -s out ] || fail "it is served: $name"
    done
done
server=
for server in file_server hasty_file_server; do
    "$programs/$server" 0 . 2>&1 | grep -q "open \.: Is a directory" ||
        fail "it is not said that . is a folder"
    "$programs/$server" 0 pipe 2>&1 | grep -q "open pipe: .*[Nn]ot supported" ||
        fail "it is not said that a pipe is no file"
done
server=
plain= # root may read everything, but not from a user namespace of its own
[ "$(id -u)" != 0 ] || plain="unshare -U"
if $plain true 2> /dev/null; then
    chmod 0 file
    $plain "$programs/file_server" 0 file > out 2> err
    refused $? "Permission denied"
    chmod 600 file
fi

echo "where no file can be written"
start file
for name in sub missing/copy /dev/full; do
    [ -e "$name" ] || [ "$name" != /dev/full ] || continue
    "$programs/file_client" 127.0.0.1 $port "$name" > out 2> err
    refused $? "file_client: [a-z]* $name"
    told "127.0.0.1:" # accepted
    told "127.0.0.1:" # lost, or without thanks: whoever was faster
done
stop

echo "somebody waits under the temporary name"
start file
echo mine > theirs
sh -c 'ln -s theirs "copy.$$.part"; exec "$0" 127.0.0.1 $1 copy' \
    "$programs/file_client" $port > out 2> err
refused $? "File exists"
[ "$(cat theirs)" = mine ] || fail "what the link points to was written over"
rm copy.*.part || fail "what was not its own was removed"
no_file copy
stop

echo "a file that disappears is still open"
cp file kept
start file
rm file
"$programs/file_client" 127.0.0.1 $port copy > out 2>&1 ||
    fail "not served: $(cat out)"
told "Thank you"
stop
cmp kept copy || fail "another file came"
rm copy

echo "who says much first gets it all, too"
head -c 300000 /dev/urandom > file
for bytes in 10 1001 2000 1000000; do
    start file
    { echo 300000; cat file; } > expected
    "$talker" $port $bytes > came || fail "$bytes bytes first: no clean end"
    cmp expected came || fail "$bytes bytes first: a part is missing"
    told "says, "
    stop
done

echo "what is at OUTPUT is treated as by cp"
head -c 1000 /dev/urandom > file
start file
echo old > real
chmod 640 real
ln -s real link
"$programs/file_client" 127.0.0.1 $port link > out 2>&1 || fail "$(cat out)"
[ -L link ] || fail "the link has been replaced"
cmp file real || fail "the link was not followed"
case $(ls -l real) in -rw-r-----*) ;; *) fail "mode: $(ls -l real)" ;; esac
ln -s nowhere dangling
"$programs/file_client" 127.0.0.1 $port dangling > out 2> err
refused $? "open dangling: No such file"
[ ! -e nowhere ] || fail "a link to nothing has been followed"
echo mine > protected
chmod 444 protected
if [ -w protected ]; then # root; not so in a user namespace of its own
    chmod 777 .
    unshare -U true 2> /dev/null && plain="unshare -U" || plain=:
fi
if [ "${plain-}" != : ]; then
    ${plain-} "$programs/file_client" 127.0.0.1 $port protected > out 2> err
    refused $? "open protected: Permission denied"
fi
[ "$(cat protected)" = mine ] || fail "a protected file was written over"
if [ -e /dev/fd/3 ]; then # a link to what is open: a file stays a file
    "$programs/file_client" 127.0.0.1 $port /dev/fd/4 > out 2>&1 4> named ||
        fail "/dev/fd/4: $(cat out)"
    [ -L /dev/fd ] && [ -e /dev/fd/3 ] || fail "/dev has lost something"
    cmp file named || fail "/dev/fd/4 was not followed"
fi
stop

# Much, and no disk needs to hold it: a hole.
dd if=/dev/zero of=hole bs=1 count=1 seek=1999999999 2> /dev/null

echo "the disk is full in the middle"
(
  ulimit -f 8
  failures=0
  start hole
  "$programs/file_client" 127.0.0.1 $port copy > out 2> err
  refused $? "file_client: write copy: File too large"
  told "lost in the file"
  stop
  no_file copy
  [ $failures = 0 ]
) || fail "see above"
if unshare -rm true 2> /dev/null; then
    mkdir small
    start hole
    unshare -rm sh -c 'mount -t tmpfs -o size=1m none small &&
        "$1/file_client" 127.0.0.1 $2 small/copy > out 2> err
        echo $? > status; ls small > left' sh "$programs" $port
    refused "$(cat status)" "No space left on device"
    [ ! -s left ] || fail "left on the full disk: $(cat left)"
    told "lost in the file"
    stop
fi

heeding="env --default-signal=INT,QUIT" # a shell's & makes it deaf to Ctrl-C
$heeding true 2> /dev/null || heeding=

# begun: a client has begun to write copy.*.part, and stands still.
begun() {
    start hole
    $heeding "$programs/file_client" 127.0.0.1 $port copy > out 2> err &
    client=$!
    until [ -e copy.$client.part ]; do
        kill -0 $client || break
    done
    kill -STOP $client
}

echo "the sender vanishes in the middle"
begun
kill -9 $server
wait $server 2> /dev/null
kill -CONT $client
wait $client
refused $? "of 2000000000 bytes came: not kept"
no_file copy
server=
exec 3<&-

echo "the receiver vanishes in the middle; the server serves the next"
for signal in ${heeding:+INT} ${heeding:+QUIT} TERM HUP KILL; do
    begun
    kill -$signal $client
    kill -CONT $client
    wait $client 2> /dev/null
    [ $? -gt 128 ] || fail "SIG$signal did not end it: $(cat out err)"
    told "lost in the file"
    [ $signal = KILL ] && rm copy.$client.part # nobody can, then
    no_file copy
    "$programs/file_client" 127.0.0.1 $port /dev/full > out 2> err
    refused $? "No space left on device"
    stop
done

echo "nohup's client does not hear SIGHUP"
heeding="env --ignore-signal=HUP"
if $heeding true 2> /dev/null; then
    begun
    kill -HUP $client
    size=$(wc -c < copy.$client.part)
    kill -CONT $client
    until [ ! -e copy.$client.part ] ||
        [ "$(wc -c < copy.$client.part)" -gt "$size" ]; do :; done
    [ -e copy.$client.part ] || fail "SIGHUP ended it"
    kill -TERM $client
    wait $client 2> /dev/null
    told "lost in the file"
    stop
    no_file copy
fi
heeding=

echo "the file shrinks in the middle"
begun
: > hole
kill -CONT $client
wait $client
refused $? "not kept"
told "it has become shorter"
stop
no_file copy
client=

echo "the file grows in the middle"
head -c 20000000 /dev/zero > file
: > out
start file
"$programs/file_client" 127.0.0.1 $port pipe > out 2>&1 & # nobody reads it yet
client=$!
until grep -q announced out; do
    kill -0 $client || break
done
echo more >> file
cat pipe > copy
wait $client || fail "it is not content with what was announced: $(cat out)"
client=
told "Thank you"
stop
[ "$(wc -c < copy)" -eq 20000000 ] || fail "$(wc -c < copy) bytes came"

[ $failures = 0 ] || echo "$failures failures"
[ $failures = 0 ]
