# two_ways.sh ./which_way - from here to a computer that two routers lead to,
# north and south; then without the north, then without the wire behind the south.
#
#              north
#   10.1.0.2 /       \ 10.3.0.2
#   here ---           --- far, 10.9.0.1
#   10.2.0.2 \       / 10.4.0.2
#              south
#
# Linux; to be run by unshare -rmn: it lays out a network of its own.
set -e
mount -t tmpfs none /run
for computer in north south far; do
    ip netns add $computer
    ip -n $computer link set lo up
done
for router in north south; do
    nsenter --net=/run/netns/$router \
        sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
done
ip link set lo up
ip -n far address add 10.9.0.1/32 dev lo

# wire NETWORK COMPUTER ROUTER: the router is .1, the computer .2.
wire() {
    there="netns $2" its="ip -n $2"
    [ $2 != here ] || there='' its=ip
    ip link add name $2 netns $3 type veth peer name $3 $there
    $its address add $1.2/24 dev $3
    $its link set $3 up
    ip -n $3 address add $1.1/24 dev $2
    ip -n $3 link set $2 up
}
wire 10.1.0 here north
wire 10.2.0 here south
wire 10.3.0 far north
wire 10.4.0 far south

# The way by the north has the better number.
ip route add 10.9.0.1 via 10.1.0.1 metric 1
ip route add 10.9.0.1 via 10.2.0.1 metric 2
ip -n far route add 10.0.0.0/8 via 10.3.0.1 metric 1
ip -n far route add 10.0.0.0/8 via 10.4.0.1 metric 2
ip -n north route add 10.9.0.1 via 10.3.0.2
ip -n south route add 10.9.0.1 via 10.4.0.2

"$1" 10.9.0.1
ip link delete north
ip -n far link delete north
echo "the north is gone"
"$1" 10.9.0.1
ip -n south link delete far
echo "the south has lost its wire to the other side"
"$1" 10.9.0.1
