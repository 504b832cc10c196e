# What GitHub makes of a heading, for the part of a link after the #.
function anchor_of(heading) {
    gsub(/`|\*/, "", heading)
    while (match(heading, /\]\([^)]*\)/)) # a link's text stays
        heading = substr(heading, 1, RSTART - 1) \
                  substr(heading, RSTART + RLENGTH)
    gsub(/\342[\200\206\211][\200-\277]|\302\267|\303\227/, "", heading)
    gsub(/\343\200[\200-\277]/, "", heading)
    heading = tolower(heading)
    gsub(/[^a-z0-9_ \200-\377-]/, "", heading)
    gsub(/ /, "-", heading)
    return heading
}
