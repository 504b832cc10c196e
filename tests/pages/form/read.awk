# What each line of a page is, for the check that stands in another file. It
# sees line by line: kind is "open", "code" or "close" of a fenced block (info:
# what stands behind its ```), "heading" (level, title), "comment" or "prose";
# folded: inside <details>. The check has four functions: page_begin,
# page_line, page_end, and finish after the last page.

# What is not yet in its form stands in ./not_yet/chNN, "CHECK PLACE" a line; a
# line there that is not needed any more is a fault, too.
function complain(page, line, what) {
    if ((check " " page) in excused) {
        excused[check " " page]++
        return
    }
    print page (line ? ":" line : "") ": " what
    faults++
}

# ch03_x/README.ko.md -> ch03_x/README.md
function english(page) {
    sub(/\.ko\.md$/, ".md", page)
    return page
}

function is_korean(page) {
    return page ~ /\.ko\.md$/
}

BEGIN {
    folder = not_yet # its name may hold what means something to a shell
    gsub(/'/, "'\\''", folder)
    command = "cat '" folder "'/* 2>/dev/null"
    while ((command | getline entry) > 0)
        excused[entry] = 0
    close(command)
}

FNR == 1 {
    if (page != "")
        page_end()
    page = FILENAME
    fence = info = ""
    commented = folded = level = 0
    title = ""
    page_begin()
}

{
    if (fence != "") {
        kind = "code"
        marker = $0
        gsub(/ /, "", marker)
        if (marker == fence)
            kind = "close"
    } else if (match($0, /^ *```+/)) {
        kind = "open"
        fence = substr($0, 1, RLENGTH)
        gsub(/ /, "", fence)
        info = substr($0, RLENGTH + 1)
    } else if (commented || /^<!--/) {
        kind = "comment"
        commented = !/-->/
    } else if (/^#+ /) {
        kind = "heading"
        level = index($0, " ") - 1
        title = substr($0, level + 2)
    } else {
        kind = "prose"
    }
    if (kind == "prose" && /<details>/)
        folded = 1
    page_line()
    if (kind == "prose" && /<\/details>/)
        folded = 0
    if (kind == "close")
        fence = info = ""
}

END {
    if (page == "")
        complain(check, 0, "no page was read")
    else
        page_end()
    finish()
    for (entry in excused)
        if (index(entry, check " ") == 1 && !excused[entry]) {
            print "holds now, so take the line out of not_yet: " entry
            faults++
        }
    exit faults > 0
}
