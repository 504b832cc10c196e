# contents: a page with more than five sections begins with links to them, all
# of them and in their order.
function page_begin() {
    sections = linked = 0
}

function page_line(    text) {
    if (kind == "heading" && level == 2) {
        section[++sections] = anchor_of(title)
        section_line[sections] = FNR
    } else if (kind == "prose" && sections == 0) {
        text = $0
        while (match(text, /\]\(#[^)]*\)/)) {
            contents[++linked] = substr(text, RSTART + 3, RLENGTH - 4)
            text = substr(text, RSTART + RLENGTH)
        }
    }
}

function page_end(    i) {
    if (sections <= 5 && linked == 0)
        return
    for (i = 1; i <= sections || i <= linked; i++)
        if (i > linked || i > sections || contents[i] != section[i]) {
            complain(page, section_line[i <= sections ? i : sections],
                     "the contents at the top have " \
                     (i <= linked ? "#" contents[i] : "no more") ", not " \
                     (i <= sections ? "#" section[i] : "the end"))
            return
        }
}

function finish() {
}
