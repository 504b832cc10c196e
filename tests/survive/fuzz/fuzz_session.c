/*
 * fuzz_session.c - chapter pages with anything in them: parsed, or refused
 * with the place and the reason; and their own samples match themselves.
 */
#include "match.h"
#include "session.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct page page;
    if (!page_parse(&page, "page", (const char *)data, size)) {
        if (strncmp(page.error, "page", 4) != 0)
            abort();
        page_free(&page);
        return 0;
    }
    for (size_t i = 0; i < page.session_count; i++) {
        const struct session *session = &page.sessions[i];
        struct bindings bindings;
        char why[200];
        size_t column;
        bindings_of_page(&bindings, session);
        for (size_t k = 0; k < session->step_count; k++) {
            const char *text = session->steps[k].text;
            if (!text)
                continue;
            free(substituted(&bindings, text));
            if (session->steps[k].kind == STEP_PRINT)
                line_matches(&bindings, text, text, &column);
        }
        where_holds(session->where, &bindings, why);
    }
    page_free(&page);
    return 0;
}
