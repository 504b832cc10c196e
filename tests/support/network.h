/*
 * network.h - a network of one's own, on Linux.
 *
 * Floods leave TIME_WAITs behind, tens of thousands when a test runs again and
 * again, and a system keeps only so many; and to read a table of so many costs
 * a program processor time that a test may take for spinning. And a common
 * network may lose packets, which is no fault of a server that is told once.
 */
#ifndef NETWORK_H
#define NETWORK_H

/* Into a new network with nothing but a loopback, for this process and its
 * children to be. 0 where that is forbidden: the common one will have to do. */
#ifdef __linux__
int move_to_own_network(void);
#else
static inline int move_to_own_network(void)
{
    return 0;
}
#endif

#endif
