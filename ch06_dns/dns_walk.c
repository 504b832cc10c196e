/*
 * dns_walk.c - the way to an answer: what dns_walk.h promises.
 *
 * RFC 1034 section 5.3.3, in two functions: walk_on() decides whom to ask next,
 * take() what to make of the answer. What they need stands below them.
 */
#define _POSIX_C_SOURCE 200809L
#include "dns_walk.h"
#include "dns_front.h"
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void recall(struct dns_walk *walk, struct dns_quest *quest,
                   long long now);
static void hand_up(struct dns_walk *walk);
static void choose_zone(struct dns_walk *walk, struct dns_quest *quest,
                        long long now);
static struct dns_server *next_server(struct dns_quest *quest);
static void find_address(struct dns_walk *walk, struct dns_server *server);
static void give_up_server(struct dns_walk *walk, const char *why);
static const char *ask(struct dns_walk *walk, struct dns_server *server,
                       long long now);
static bool take_answer(struct dns_walk *walk, struct dns_quest *quest,
                        const struct dns_message *message, long long now);
static bool take_no(struct dns_walk *walk, struct dns_quest *quest,
                    const struct dns_message *message, long long now);
static bool take_referral(struct dns_walk *walk, struct dns_quest *quest,
                          const struct dns_message *message, long long now);

/* Goes on until there is a server to wait for, or nothing left to do. */
void walk_on(struct dns_walk *walk, long long now)
{
    for (;;) {
        /* 1. What the cache knows, nobody is asked for. */
        struct dns_quest *quest = &walk->quests[walk->depth];
        if (quest->state == LOOKING)
            recall(walk, quest, now);

        /* 2. Found, or not: the client hears it, or the quest above that
           needed this address goes on with it. */
        if (quest->state != LOOKING && walk->depth == 0)
            return;
        if (quest->state != LOOKING) {
            hand_up(walk);
            continue;
        }

        /* 3. Begin at the nearest zone whose servers are known. In the
           beginning that is the root. */
        if (!quest->on_way)
            choose_zone(walk, quest, now);

        /* 4. One server of the zone after the other, each at most twice. */
        struct dns_server *server = next_server(quest);
        if (!server || walk->steps++ == WALK_STEPS) {
            char zone[DNS_NAME_TEXT];
            printf("(%lu) no server of %.120s is of any use\n", walk->number,
                   dns_name_text(&quest->zone, zone));
            quest->state = FAILED;
            continue;
        }

        /* 5. Nobody knows its address? That is a quest of its own. */
        if (server->addr_len == 0) {
            find_address(walk, server);
            continue;
        }

        /* 6. Ask, and wait: take() is what comes next. */
        const char *problem = ask(walk, server, now);
        if (!problem)
            return;
        give_up_server(walk, problem);
    }
}

/* A server has answered. */
static void take(struct dns_walk *walk, const struct dns_message *message,
                 long long now)
{
    struct dns_quest *quest = &walk->quests[walk->depth];
    struct dns_name asked = quest->name;
    unsigned rcode = message->flags & DNS_RCODE;
    bool authority = (message->flags & DNS_AA) != 0;

    if (rcode != DNS_NOERROR && rcode != DNS_NXDOMAIN)
        give_up_server(walk, dns_rcode_text(rcode));
    else if (authority && take_answer(walk, quest, message, now))
        quest->state = FOUND;
    else if (authority && take_no(walk, quest, message, now))
        quest->state = rcode == DNS_NXDOMAIN ? NO_NAME : NO_TYPE;
    else if (!dns_name_equal(&quest->name, &asked))
        quest->on_way = false; /* a CNAME has led elsewhere: begin anew */
    else if (rcode != DNS_NOERROR ||
             !take_referral(walk, quest, message, now)) /* one zone down */
        give_up_server(walk, "it neither knows nor refers");
}

/* ---- from outside ------------------------------------------------------ */

static void start(struct dns_walk *walk, const struct dns_question *question)
{
    struct dns_quest *quest = &walk->quests[walk->depth];
    memset(quest, 0, sizeof *quest); /* LOOKING */
    quest->question = *question;
    quest->name = question->name;
}

void walk_begin(struct dns_walk *walk, struct dns_world *world,
                unsigned long number, const struct dns_question *question,
                long long now)
{
    walk->world = world;
    walk->number = number;
    walk->deadline = now + WALK_TIME;
    walk->steps = walk->depth = 0;
    walk->asking.fd = -1;
    start(walk, question);
    recall(walk, &walk->quests[0], now);
}

void walk_hear(struct dns_walk *walk, long long now)
{
    struct dns_message message;
    const char *why;
    switch (ask_hear(&walk->asking, &message, &why, now)) {
    case HEARD_NOTHING:
        return;
    case HEARD_FAILURE:
        give_up_server(walk, why);
        break;
    case HEARD_ANSWER:
        take(walk, &message, now);
        dns_message_free(&message);
    }
    walk_on(walk, now);
}

void walk_check_time(struct dns_walk *walk, long long now)
{
    if (walk_is_over(walk))
        return;
    if (now >= walk->deadline) {
        printf("(%lu) no answer in time\n", walk->number);
        walk_fail(walk);
    } else if (walk->asking.fd != -1 && now >= walk->asking.until) {
        printf("(%lu) no answer\n", walk->number);
        ask_stop(&walk->asking);
        walk->quests[walk->depth].turn++;
        walk_on(walk, now);
    }
}

bool walk_is_over(const struct dns_walk *walk)
{
    return walk->depth == 0 && walk->quests[0].state != LOOKING;
}

static void drop_answer(struct dns_quest *quest)
{
    dns_list_free(&quest->records, &quest->count);
    dns_record_free(&quest->soa);
}

void walk_fail(struct dns_walk *walk)
{
    walk_end(walk);
    walk->quests[0].state = FAILED;
}

void walk_end(struct dns_walk *walk)
{
    ask_stop(&walk->asking);
    for (; walk->depth > 0; walk->depth--)
        drop_answer(&walk->quests[walk->depth]);
    drop_answer(&walk->quests[0]);
}

/* ---- what has been found ----------------------------------------------- */

/* Adds copies to what the client will be told, and says where they are from.
   A set has one TTL. */
static void collect(const struct dns_walk *walk, struct dns_quest *quest,
                    const char *from, const struct dns_record *records,
                    size_t count, uint32_t ttl)
{
    char text[DNS_RECORD_TEXT];
    struct dns_record first = records[0];
    first.ttl = ttl;
    printf("(%lu) %s: %.200s%s\n", walk->number, from,
           dns_record_text(&first, text), count > 1 ? ", and more" : "");
    for (size_t i = 0; i < count; i++) {
        struct dns_record copy = {.data = NULL};
        if (!dns_record_copy(&copy, &records[i]) ||
            !dns_list_add(&quest->records, &quest->count, &copy)) {
            dns_record_free(&copy);
            quest->no_memory = true;
            return;
        }
        quest->records[quest->count - 1].ttl = ttl;
    }
}

/* From the cache, as far as it goes. */
static void recall(struct dns_walk *walk, struct dns_quest *quest,
                   long long now)
{
    const struct dns_cache *cache = &walk->world->cache;
    while (quest->hops <= WALK_HOPS) {
        const struct dns_entry *entry =
            cache_find(cache, &quest->name, quest->question.type, now);
        if (entry && entry->known != KNOWN_SET) {
            bool no_type = entry->known == KNOWN_NO_TYPE;
            printf("(%lu) from the cache: no such %s\n", walk->number,
                   no_type ? "type" : "name");
            if (dns_record_copy(&quest->soa, entry->records))
                quest->soa.ttl = cache_ttl(entry, now);
            quest->state = no_type ? NO_TYPE : NO_NAME;
            return;
        }
        bool alias = !entry;
        if (alias)
            entry = cache_find(cache, &quest->name, DNS_CNAME, now);
        if (!entry || entry->is_hint || entry->known != KNOWN_SET)
            return; /* somebody must be asked */
        collect(walk, quest, "from the cache", entry->records, entry->count,
                cache_ttl(entry, now));
        if (!alias) {
            quest->state = FOUND;
            return;
        }
        dns_record_target(entry->records, &quest->name);
        quest->on_way = false;
        quest->hops++;
    }
    printf("(%lu) more than %d CNAMEs, one after the other\n", walk->number,
           WALK_HOPS);
    quest->state = FAILED;
}

/* ---- the servers of a zone --------------------------------------------- */

/* The one whose turn it is, or NULL: every server gets two chances. */
static struct dns_server *next_server(struct dns_quest *quest)
{
    for (; quest->turn < 2 * quest->server_count; quest->turn++) {
        struct dns_server *server =
            &quest->servers[quest->turn % quest->server_count];
        if (!server->dead)
            return server;
    }
    return NULL;
}

/* The one whose turn it was is of no use for this question: on to the next. */
static void give_up_server(struct dns_walk *walk, const char *why)
{
    struct dns_server *server = next_server(&walk->quests[walk->depth]);
    char name[FRONT_NAME];
    front_name(&server->addr, name);
    printf("(%lu) no use asking %s: %s\n", walk->number, name, why);
    server->dead = true;
}

static const char *ask(struct dns_walk *walk, struct dns_server *server,
                       long long now)
{
    struct dns_quest *quest = &walk->quests[walk->depth];
    struct dns_asking *asking = &walk->asking;
    char name[FRONT_NAME], zone[DNS_NAME_TEXT];
    front_name(&server->addr, name);
    printf("(%lu) ask %s, which serves %.120s\n", walk->number, name,
           dns_name_text(&quest->zone, zone));
    asking->number = walk->number;
    asking->question = quest->question;
    asking->question.name = quest->name;
    asking->from = walk->world->own_addr;
    asking->from_len = walk->world->own_len;
    asking->to = server->addr;
    asking->to_len = server->addr_len;
    return ask_server(asking, false, now);
}

/* Below this quest begins another. It may need a third, and that may need the
   first: so there is a deepest one. */
static void find_address(struct dns_walk *walk, struct dns_server *server)
{
    struct dns_question question = {
        .name = server->name, .type = server->type, .class_code = DNS_CLASS_IN};
    char name[DNS_NAME_TEXT], zone[DNS_NAME_TEXT];
    server->dead = walk->depth == WALK_DEPTH;
    if (server->dead)
        return;
    dns_name_text(&walk->quests[walk->depth].zone, zone);
    printf("(%lu) where is %.120s, which serves %.120s?\n", walk->number,
           dns_name_text(&server->name, name), zone);
    walk->depth++;
    start(walk, &question);
}

/* Makes what an A or AAAA record says an address to send to. false: another
   server of the zone has it; one address is not asked as often as it has names
   (RFC 9520). */
static bool set_address(const struct dns_world *world,
                        const struct dns_quest *quest,
                        struct dns_server *server,
                        const struct dns_record *record)
{
    struct sockaddr_in *v4 = memset(&server->addr, 0, sizeof server->addr);
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&server->addr;
    bool is_v4 = record->type == DNS_A;
    void *bytes = is_v4 ? (void *)&v4->sin_addr : &v6->sin6_addr;
    v4->sin_family = is_v4 ? AF_INET : AF_INET6;  /* it and the port have */
    v4->sin_port = front_port(&world->root_addr); /* one place in both */
    memcpy(bytes, record->data, record->data_len);
    server->addr_len = is_v4 ? sizeof *v4 : sizeof *v6;
    for (int i = 0; i < quest->server_count; i++)
        if (&quest->servers[i] != server &&
            memcmp(&quest->servers[i].addr, &server->addr,
                   sizeof server->addr) == 0)
            return false;
    return true;
}

/* The address that the quest above has been waiting for, or the lack of it. */
static void hand_up(struct dns_walk *walk)
{
    struct dns_quest *quest = &walk->quests[walk->depth--];
    struct dns_quest *above = &walk->quests[walk->depth];
    struct dns_server *server = next_server(above);
    server->dead = true;
    for (size_t i = 0; i < quest->count && server->dead; i++)
        if (quest->records[i].type == server->type)
            server->dead =
                !set_address(walk->world, above, server, &quest->records[i]);
    drop_answer(quest);
}

/* The records of a name and a type in a section, each once. Only copies of
   pointers: they live as long as the message. Returns how many, at most size;
   *ttl is the shortest of theirs (RFC 2181 section 5.2). */
static size_t select_set(const struct dns_message *message,
                         enum dns_section section, const struct dns_name *name,
                         uint16_t type, struct dns_record *set, size_t size,
                         uint32_t *ttl)
{
    const struct dns_record *records = dns_section(message, section);
    size_t count = 0;
    *ttl = CACHE_TTL;
    for (size_t i = 0; i < message->count[section] && count < size; i++) {
        const struct dns_record *record = &records[i];
        if (record->type != type || record->class_code != DNS_CLASS_IN ||
            !dns_name_equal(&record->name, name))
            continue;
        bool again = false;
        for (size_t j = 0; j < count && j < CACHE_SET; j++)
            again |= set[j].data_len == record->data_len &&
                     memcmp(set[j].data, record->data, record->data_len) == 0;
        if (!again)
            set[count++] = *record;
        if (record->ttl < *ttl)
            *ttl = record->ttl;
    }
    return count;
}

/* The addresses of a server: the glue that the zone above vouches for, else
   what the cache knows. Returns how many, or -1: nobody knows yet. */
static int known_addresses(const struct dns_walk *walk,
                           const struct dns_message *referral,
                           const struct dns_name *above,
                           const struct dns_name *name, uint16_t type,
                           struct dns_record *set, long long now)
{
    uint32_t ttl;
    int count = 0;
    if (referral && dns_name_within(name, above))
        count = (int)select_set(referral, DNS_ADDITIONAL, name, type, set,
                                WALK_SERVERS, &ttl);
    if (count > 0)
        return count;
    const struct dns_entry *entry =
        cache_find(&walk->world->cache, name, type, now);
    if (!entry)
        return -1;
    if (entry->known != KNOWN_SET)
        return 0;
    for (; count < (int)entry->count && count < WALK_SERVERS; count++)
        set[count] = entry->records[count];
    return count;
}

/* One more server, by its name and, if not NULL, an address record of it. */
static void add_server(struct dns_walk *walk, struct dns_quest *quest,
                       const struct dns_name *name, uint16_t type,
                       const struct dns_record *address)
{
    if (quest->server_count == WALK_SERVERS)
        return;
    struct dns_server *server = &quest->servers[quest->server_count++];
    memset(server, 0, sizeof *server);
    server->name = *name;
    server->type = type;
    if (address && !set_address(walk->world, quest, server, address))
        quest->server_count--;
}

/*
 * Takes the zone's NS records. First come the servers with an address, IPv4
 * before IPv6. Then those whose IPv4 address is not known, and, when nothing
 * is, their IPv6 address: each a question of its own, which inside the zone
 * itself would lead nowhere.
 */
static void take_servers(struct dns_walk *walk, struct dns_quest *quest,
                         const struct dns_name *zone,
                         const struct dns_record *servers, size_t count,
                         const struct dns_message *referral, long long now)
{
    struct dns_record set[WALK_SERVERS];
    struct dns_name above = quest->zone; /* who vouches for the glue */
    quest->zone = *zone;
    quest->server_count = quest->turn = 0;
    for (size_t pass = 0; pass < 4; pass++)
        for (size_t i = 0; i < count; i++) {
            struct dns_name name;
            uint16_t type = pass % 2 ? DNS_AAAA : DNS_A;
            dns_record_target(&servers[i], &name);
            int found =
                known_addresses(walk, referral, &above, &name, type, set, now);
            for (int j = 0; pass < 2 && j < found; j++)
                add_server(walk, quest, &name, type, &set[j]);
            if (pass >= 2 && found == -1 && !dns_name_within(&name, zone) &&
                known_addresses(walk, referral, &above, &name, DNS_A, set,
                                now) <= 0)
                add_server(walk, quest, &name, type, NULL);
        }
}

static void choose_zone(struct dns_walk *walk, struct dns_quest *quest,
                        long long now)
{
    struct dns_name zone;
    quest->on_way = true;
    for (size_t labels = dns_name_labels(&quest->name); labels > 0; labels--) {
        dns_name_suffix(&quest->name, labels, &zone);
        const struct dns_entry *entry =
            cache_find(&walk->world->cache, &zone, DNS_NS, now);
        if (!entry || entry->known != KNOWN_SET)
            continue;
        take_servers(walk, quest, &zone, entry->records,
                     entry->count < WALK_SERVERS ? entry->count : WALK_SERVERS,
                     NULL, now);
        if (quest->server_count > 0)
            return;
    }
    dns_name_suffix(&quest->name, 0, &quest->zone);
    quest->server_count = quest->turn = 0;
    add_server(walk, quest, &quest->zone, DNS_A, NULL);
    quest->servers[0].addr = walk->world->root_addr;
    quest->servers[0].addr_len = walk->world->root_len;
}

/* ---- what servers say -------------------------------------------------- */

/* Takes from the answer section what the server may speak about: the chain
   of CNAMEs, the records at its end. True when the end was there. */
static bool take_answer(struct dns_walk *walk, struct dns_quest *quest,
                        const struct dns_message *message, long long now)
{
    enum { SET = 6000 }; /* more do not fit into a message */
    static struct dns_record set[SET];
    while (quest->hops <= WALK_HOPS &&
           dns_name_within(&quest->name, &quest->zone)) {
        struct dns_entry new = {.known = KNOWN_SET, .records = set};
        uint32_t ttl;
        new.name = quest->name;
        new.type = quest->question.type;
        new.count = select_set(message, DNS_ANSWER, &new.name, new.type, set,
                               SET, &ttl);
        bool found = new.count > 0;
        if (!found) {
            new.type = DNS_CNAME;
            new.count = select_set(message, DNS_ANSWER, &new.name, new.type,
                                   set, 1, &ttl);
        }
        if (new.count == 0)
            return false;
        cache_keep(&walk->world->cache, &new, ttl, now);
        collect(walk, quest, "answer", set, new.count, ttl);
        if (found)
            return true;
        dns_record_target(&set[0], &quest->name);
        quest->hops++;
    }
    return false;
}

/* RFC 2308 section 2: a "no" of one kind or another. The SOA says which zone
   says so, and for how long; without it the "no" is believed, if nothing else
   was said, and not kept. */
static bool take_no(struct dns_walk *walk, struct dns_quest *quest,
                    const struct dns_message *message, long long now)
{
    const struct dns_record *soa = NULL,
                            *records = dns_section(message, DNS_AUTHORITY);
    bool no_name = (message->flags & DNS_RCODE) == DNS_NXDOMAIN;
    size_t said = message->count[DNS_ANSWER] + message->count[DNS_AUTHORITY];
    for (size_t i = 0; i < message->count[DNS_AUTHORITY] && !soa; i++)
        if (records[i].type == DNS_SOA &&
            records[i].class_code == DNS_CLASS_IN &&
            dns_name_within(&records[i].name, &quest->zone) &&
            dns_name_within(&quest->name, &records[i].name))
            soa = &records[i];
    if (!dns_name_within(&quest->name, &quest->zone) ||
        (!no_name && !soa && said > 0))
        return false;
    printf("(%lu) answer: no such %s\n", walk->number,
           no_name ? "name" : "type");
    if (!soa)
        return true;
    uint32_t ttl = dns_soa_minimum(soa);
    if (soa->ttl < ttl)
        ttl = soa->ttl;
    if (ttl > CACHE_TTL_NO)
        ttl = CACHE_TTL_NO;
    struct dns_entry new = {.known = no_name ? KNOWN_NO_NAME : KNOWN_NO_TYPE,
                            .type = quest->question.type,
                            .records = (struct dns_record *)soa,
                            .count = 1};
    new.name = quest->name;
    cache_keep(&walk->world->cache, &new, ttl, now);
    if (dns_record_copy(&quest->soa, soa))
        quest->soa.ttl = ttl;
    return true;
}

static void keep_hint(struct dns_walk *walk, const struct dns_quest *quest,
                      const struct dns_name *name, uint16_t type,
                      struct dns_record *records, size_t count, uint32_t ttl,
                      long long now)
{
    bool is_top = dns_name_labels(&quest->zone) == 0;
    struct dns_entry new = {.known = KNOWN_SET,
                            .rank = is_top ? RANK_TOP : RANK_LEAD,
                            .is_hint = true,
                            .type = type,
                            .records = records,
                            .count = count};
    new.name = *name;
    cache_keep(&walk->world->cache, &new, ttl, now);
}

/* A referral counts only downwards: to a zone below the one we asked, on the
   way to the name. Its glue counts for names of the zone we asked. */
static bool take_referral(struct dns_walk *walk, struct dns_quest *quest,
                          const struct dns_message *message, long long now)
{
    struct dns_record servers[WALK_SERVERS], glue[WALK_SERVERS];
    const struct dns_record *records = dns_section(message, DNS_AUTHORITY);
    size_t count = 0;
    uint32_t ttl;
    for (size_t i = 0; i < message->count[DNS_AUTHORITY] && count == 0; i++)
        if (records[i].type == DNS_NS &&
            dns_name_within(&quest->name, &records[i].name) &&
            dns_name_within(&records[i].name, &quest->zone) &&
            !dns_name_equal(&records[i].name, &quest->zone))
            count = select_set(message, DNS_AUTHORITY, &records[i].name, DNS_NS,
                               servers, WALK_SERVERS, &ttl);
    if (count == 0)
        return false;
    struct dns_name below = servers[0].name;
    keep_hint(walk, quest, &below, DNS_NS, servers, count, ttl, now);
    for (size_t i = 0; i < 2 * count; i++) {
        struct dns_name name;
        uint16_t type = i % 2 ? DNS_AAAA : DNS_A;
        dns_record_target(&servers[i / 2], &name);
        if (!dns_name_within(&name, &quest->zone))
            continue;
        size_t found = select_set(message, DNS_ADDITIONAL, &name, type, glue,
                                  WALK_SERVERS, &ttl);
        if (found > 0)
            keep_hint(walk, quest, &name, type, glue, found, ttl, now);
    }
    take_servers(walk, quest, &below, servers, count, message, now);
    char text[DNS_NAME_TEXT];
    printf("(%lu) referral to %.120s", walk->number,
           dns_name_text(&below, text));
    for (int i = 0; i < quest->server_count && i < 2; i++) {
        char name[FRONT_NAME] = "no address";
        if (quest->servers[i].addr_len > 0)
            front_name(&quest->servers[i].addr, name);
        printf("%s %.120s %s", i == 0 ? ":" : ",",
               dns_name_text(&quest->servers[i].name, text), name);
    }
    printf(quest->server_count > 2 ? ", and more\n" : "\n");
    return true;
}
