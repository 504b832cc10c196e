# The index of questions against the pages' sessions: see ./docs. Reads errors,
# the pages of the chapters, then docs/questions.md and its twin. One line a
# fault.
function complain(where, what) {
    print where ": " what
    faults++
}

# Notes that a session shows this error.
function shows(name) {
    if (!((session, name) in shown)) {
        shown[session, name] = 1
        if (!(name in first))
            first[name] = FILENAME ":" FNR
    }
}

FILENAME ~ /\/errors$/ {
    if (!/^#/ && split($0, part, "\t") > 0) {
        words[part[1]] = part[2]
        if (part[2] != "")
            name_of[part[2]] = part[1]
    }
    next
}

# A chapter's page: which errors does each session print?
FILENAME ~ /^ch/ {
    if (FNR == 1)
        session = fenced = ""
    if (/^```/) {
        fenced = !fenced
        session = ""
        if (fenced && match($0, /^```console name=[A-Za-z0-9_-]+/)) {
            session = substr(FILENAME, 1, 4) "." substr($0, 17, RLENGTH - 16)
            sessions++
        }
        next
    }
    # Neither what is said nor what is typed: both are the reader's.
    if (session == "" || /^#/ || /^[a-z0-9_-]*[$>^]/)
        next
    for (text in name_of)
        if (index($0, text))
            shows(name_of[text])
    line = $0
    gsub(/[^A-Z0-9_]+/, " ", line)
    count = split(line, word, " ")
    for (i = 1; i <= count; i++)
        if (word[i] in words)
            shows(word[i])
    next
}

# The index itself. Only tables have links to sessions.
FNR == 1 {
    table = 0
    rows = 0
}
/^## / { part_of_page++ }
!/^\|/ { table = 0 }
/^\|/ && table++ >= 2 {
    where = FILENAME ":" FNR
    rows++
    total++
    names = links = any = ""
    text = $0
    while (match(text, /\[ch[0-9][0-9]\.[A-Za-z0-9_-]+\]/)) {
        one = substr(text, RSTART + 1, RLENGTH - 2)
        links = links " " one
        text = substr(text, RSTART + RLENGTH)
    }
    if (!/\]\(/ && !/no session:|세션 없음:/)
        complain(where, "leads nowhere")
    if (FILENAME ~ /\.ko\.md$/) {
        if (links != row_links[rows] && !parted++)
            complain(where, "English has here:" row_links[rows])
    } else {
        row_links[rows] = links
        english = rows
    }
    split($0, cell, /\|/)
    text = cell[2]
    while (match(text, /`[A-Z][A-Z0-9_]+`/)) {
        name = substr(text, RSTART + 1, RLENGTH - 2)
        text = substr(text, RSTART + RLENGTH)
        if (!(name in words))
            continue
        indexed[FILENAME, name] = 1
        names = names " " name
        if (words[name] != "" && !index(cell[2], words[name]))
            complain(where, name " is \"" words[name] "\"")
        count = split(links, one_of, " ")
        for (i = 1; i <= count; i++)
            if ((one_of[i], name) in shown)
                any = 1
    }
    # A message in quotes: is it what these sessions show?
    count = split(links, one_of, " ")
    quoted = split(cell[2], quote, /"/)
    for (j = 2; j <= quoted && count > 0; j += 2)
        if (quote[j] in name_of) {
            for (i = 1; i <= count; i++)
                if ((one_of[i], name_of[quote[j]]) in shown)
                    break
            if (i > count)
                complain(where, "no session of" links " shows " quote[j])
        }
    if (names != "" && links != "" && !any && !/in silence|말없이/)
        complain(where, "no session of" links " shows" names)
}

END {
    en = "docs/questions.md"
    ko = "docs/questions.ko.md"
    for (name in first) {
        if (!((en, name) in indexed))
            complain(first[name], name " (" words[name] ") is not in " en)
        if (!((ko, name) in indexed))
            complain(first[name], name " (" words[name] ") is not in " ko)
    }
    if (rows != english)
        complain(ko, rows " rows, and " english " in English")
    if (sessions < 100 || total < 100)
        complain("questions", "too little read: " sessions " sessions, " total " rows")
    exit faults > 0
}
