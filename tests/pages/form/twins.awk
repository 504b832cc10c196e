# twins: each page exists in Korean and in English, and the two have the same
# headings, quotes, sessions, figures, experiments and corrections in the same
# order. (What stands in the sessions is compared by play --lint.)
function note(what) {
    parts[page]++
    part[page, parts[page]] = what
    part_line[page, parts[page]] = FNR
}

function page_begin() {
    parts[page] = 0
    pages[++page_count] = page
}

function page_line(    text) {
    text = $0
    if (kind == "heading") {
        note("a heading of level " level \
             (text ~ /^### (Try|해 보기): / ? ", an experiment" : ""))
    } else if (kind == "open") {
        sub(/^ */, "", info)
        note("a block " info)
    } else if (kind == "code" && info ~ /^c( |$)/) {
        note("the quoted line " text)
    } else if (kind == "prose") {
        if (match(text, /<details>/))
            note("a folded answer")
        if (match(text, /^\*\*(Correction|정정) [0-9]+\.[0-9]+\.\*\*/)) {
            gsub(/^[^0-9]*|\.\*\*.*/, "", text)
            note("correction " text)
        }
        text = $0
        while (match(text, /docs\/figures\/[a-z0-9_.]*\.svg/)) {
            note("figure " english_figure(substr(text, RSTART, RLENGTH)))
            text = substr(text, RSTART + RLENGTH)
        }
    }
}

function english_figure(name) {
    sub(/\.ko\.svg$/, ".svg", name)
    return name
}

function page_end() {
}

function finish(    i, k, one, other) {
    for (i = 1; i <= page_count; i++) {
        one = pages[i]
        other = one
        if (is_korean(one))
            other = english(one)
        else
            sub(/\.md$/, ".ko.md", other)
        if (!(other in parts)) {
            complain(one, 0, "there is no " other)
            continue
        }
        if (is_korean(one))
            continue
        for (k = 1; k <= parts[one] || k <= parts[other]; k++)
            if (part[one, k] != part[other, k]) {
                complain(one, part_line[one, k], describe(one, k) \
                         "; in " other ":" part_line[other, k] + 0 " " \
                         describe(other, k))
                break
            }
    }
}

function describe(page, k) {
    return (page, k) in part ? part[page, k] : "nothing more"
}
