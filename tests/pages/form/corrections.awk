# corrections: a row of docs/claims.md that is not simply true has one place in
# each language where it is put right, a paragraph that begins
# **Correction 3.11.** (Korean: **정정 3.11.**), and nothing else has one.
function page_begin() {
}

function page_line(    id, row) {
    if (page == "docs/claims.md") {
        if (split($0, row, /\|/) > 5 && row[2] ~ /^ [0-9]+\.[0-9]+ $/) {
            id = row[2]
            gsub(/ /, "", id)
            rows[++row_count] = id
            false_row[id] = row[5] !~ /yes/
        }
    } else if (kind == "prose" &&
               match($0, is_korean(page) ? "^\\*\\*정정 [0-9]+\\.[0-9]+\\.\\*\\*" \
                     : "^\\*\\*Correction [0-9]+\\.[0-9]+\\.\\*\\*")) {
        id = substr($0, 1, RLENGTH - 3)
        sub(/^[^0-9]*/, "", id)
        told[is_korean(page), id]++
        where[is_korean(page), id] = page ":" FNR
        if (!false_row[id])
            complain(page, FNR, id " is no simplified or wrong row of " \
                                "docs/claims.md")
    }
}

function page_end() {
}

function finish(    i, id, korean) {
    if (!row_count)
        complain("docs/claims.md", 0, "no rows")
    for (i = 1; i <= row_count; i++) {
        id = rows[i]
        for (korean = 0; false_row[id] && korean <= 1; korean++)
            if (told[korean, id] != 1)
                complain(id, 0, told[korean, id] + 0 " corrections in " \
                         (korean ? "Korean" : "English"))
    }
}
