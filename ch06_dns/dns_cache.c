/*
 * dns_cache.c - what was heard, kept: what dns_cache.h promises.
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_cache.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Upper and lower case are the same name, so they are the same hash. */
static size_t bucket_of(const struct dns_name *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < name->length; i++)
        hash = (hash ^ dns_lower(name->wire[i])) * 16777619u;
    return hash % CACHE_BUCKETS;
}

const struct dns_entry *cache_find(const struct dns_cache *cache,
                                   const struct dns_name *name, uint16_t type,
                                   long long now)
{
    const struct dns_entry *entry = cache->buckets[bucket_of(name)];
    for (; entry; entry = entry->next)
        if ((entry->type == type || entry->known == KNOWN_NO_NAME) &&
            entry->expires > now && dns_name_equal(&entry->name, name))
            return entry;
    return NULL;
}

uint32_t cache_ttl(const struct dns_entry *entry, long long now)
{
    return (uint32_t)((entry->expires - now - 1) / 1000);
}

static void forget(struct dns_cache *cache, struct dns_entry *entry)
{
    struct dns_entry **link = &cache->buckets[bucket_of(&entry->name)];
    for (; *link != entry; link = &(*link)->next)
        assert(*link); /* what is kept stands in its bucket */
    *link = entry->next;
    dns_list_free(&entry->records, &entry->count);
    cache->leads -= entry->rank > RANK_ANSWER;
    memset(entry, 0, sizeof *entry);
}

/* A place: empty or expired; else the oldest answer's or, if what leads on has
   half, its oldest of the lowest rank. So neither kind pushes out the other. */
static struct dns_entry *find_place(struct dns_cache *cache, long long now)
{
    bool leads = cache->leads > CACHE_SIZE / 2;
    struct dns_entry *place = &cache->entries[0];
    for (int i = 0; i < CACHE_SIZE; i++) {
        struct dns_entry *entry = &cache->entries[i];
        if (entry->age == 0)
            return entry;
        if (entry->expires <= now) {
            place = entry;
            break;
        }
        if ((entry->rank > RANK_ANSWER) == leads &&
            ((place->rank > RANK_ANSWER) != leads ||
             entry->rank < place->rank ||
             (entry->rank == place->rank && entry->age < place->age)))
            place = entry;
    }
    forget(cache, place);
    return place;
}

void cache_keep(struct dns_cache *cache, const struct dns_entry *fresh,
                uint32_t ttl, long long now)
{
    enum dns_rank rank = fresh->rank;
    if (fresh->count > CACHE_SET)
        return;
    struct dns_entry **bucket = &cache->buckets[bucket_of(&fresh->name)];
    for (struct dns_entry *old = *bucket, *next; old; old = next) {
        next = old->next;
        if ((old->type != fresh->type && old->known != KNOWN_NO_NAME &&
             fresh->known != KNOWN_NO_NAME) ||
            !dns_name_equal(&old->name, &fresh->name))
            continue; /* both can be true */
        if (fresh->is_hint && !old->is_hint && old->expires > now)
            return; /* the zone itself knows better than its parent */
        if (old->rank > rank && old->type == fresh->type)
            rank = old->rank; /* it leads where the old one did */
        forget(cache, old);
    }
    struct dns_record *records = calloc(fresh->count, sizeof *records);
    size_t count = 0;
    while (records && count < fresh->count &&
           dns_record_copy(&records[count], &fresh->records[count]))
        count++;
    if (count < fresh->count) {
        dns_list_free(&records, &count);
        return;
    }
    struct dns_entry *place = find_place(cache, now);
    *place = *fresh;
    place->records = records;
    place->rank = rank;
    place->age = ++cache->so_far;
    place->expires = now + ttl * 1000LL;
    place->next = *bucket;
    *bucket = place;
    cache->leads += rank > RANK_ANSWER;
}
