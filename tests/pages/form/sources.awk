# sources: every section of an RFC that is named in a page, a program or a test
# stands in the table ./sections: RFC, section, heading, looked up in the RFC
# itself. A section belongs to the RFC, or follows the section, that stands
# shortly before it. An RFC as a whole has a row with "-" and its title. And no
# row is left over.
function complain(file, what) {
    print file ": " what ": look it up, and add it to tests/pages/form/sections"
    faults++
}

# A file as one line, without what makes a line of a comment.
function add_words(line) {
    gsub(/^[ \t]*(\*|\/\/|#|-)+ /, "", line)
    text = text " " line
}

function check_section(rfc, section) {
    gsub(/^[^0-9A-Z]*|\.$/, "", section)
    named++
    used[rfc " " section] = 1
    if (!((rfc " " section) in heading))
        complain(file, "RFC " rfc " has no section " section " that we know")
}

# The next RFC or section in the text, if it stands near enough.
function check_text(    rfc, mark) {
    gsub(/[ \t]+/, " ", text)
    gsub(/\]\([^)#]*\/rfc[0-9]*\)/, "", text) # only the RFC: no news
    gsub(/rfc-editor\.org\/rfc\/rfc/, "RFC ", text)
    gsub(/#section-/, " \302\247", text)
    gsub(/(#appendix-|[Aa]ppendix |\353\266\200\353\241\235 )/, " \302\247", text)
    while (match(text, /,? [Ss]ections? [0-9]/)) # as comments write it
        text = substr(text, 1, RSTART - 1) " \302\247" \
               substr(text, RSTART + RLENGTH - 1)
    while (match(text, /RFC[ -]?[0-9]+|\302\247 ?[0-9A-Z][0-9A-Z.]*/)) {
        mark = substr(text, RSTART, RLENGTH)
        if (RSTART > 80)
            rfc = ""
        text = substr(text, RSTART + RLENGTH)
        if (mark ~ /^RFC/) {
            rfc = mark
            gsub(/[^0-9]/, "", rfc)
            named++
            used[rfc " -"] = 1
            if (!((rfc " -") in heading))
                complain(file, "RFC " rfc " is unknown")
            # in a comment: RFC 1035, 4.1.4
            if (match(text, /^,? [0-9]+(\.[0-9]+)+/))
                check_section(rfc, substr(text, RSTART, RLENGTH))
        } else if (rfc != "") {
            sub(/^\302\247/, "", mark)
            check_section(rfc, mark)
            # section 3.2.2 and 3.2.3
            if (match(text, /^ and [0-9]+(\.[0-9]+)+/))
                check_section(rfc, substr(text, RSTART + 5, RLENGTH - 5))
        }
    }
    text = ""
}

BEGIN {
    FS = "\t"
    while ((getline < sections) > 0)
        if (/^[0-9]/)
            heading[$1 " " $2] = $3
    close(sections)
}

FNR == 1 {
    if (file != "")
        check_text()
    file = FILENAME
}
{ add_words($0) }

END {
    check_text()
    for (row in heading)
        if (!(row in used)) {
            print "sections: nobody names " row
            faults++
        }
    print named + 0 " times an RFC or a section of one is named"
    exit faults > 0 || named == 0
}
