# awk -f well_formed.awk FILE...: is each file one well-formed SVG with a
# title and a description? One line for each that is not; status 1.
function fail(why) {
    print file ": " why
    failed = 1
    next_file = 1
}

# The attributes of a start tag: name="value", each name once.
function check_attributes(text, tag,    at, seen, name, value) {
    while (match(text, /^[ \n]+[A-Za-z_:][A-Za-z0-9_:.-]*="[^"<]*"/)) {
        at = index(text, "=")
        name = substr(text, 1, at - 1)
        gsub(/[ \n]/, "", name)
        value = substr(text, at + 2, RLENGTH - at - 2)
        text = substr(text, RLENGTH + 1)
        if (name in seen)
            return fail("<" tag "> has two attributes " name)
        seen[name] = 1
        check_text(value)
        if (name == "id")
            ids[value] = 1
    }
    if (text !~ /^[ \n]*$/)
        fail("<" tag ">: not an attribute: " text)
}

function check_text(text) {
    gsub(/&(amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);/, "", text)
    if (text ~ /&/)
        fail("a bare & in: " text)
}

function check(svg,    open, close_at, tag, depth, stack, empty, rest) {
    next_file = 0
    split("", ids)
    split("", tags)
    depth = 0
    if (svg !~ /^<svg /)
        fail("does not begin with <svg")
    rest = svg
    while (!next_file && (open = index(rest, "<")) > 0) {
        if (depth == 0 && rest != svg)
            fail("something after </svg>")
        check_text(substr(rest, 1, open - 1))
        rest = substr(rest, open)
        close_at = index(rest, ">")
        if (substr(rest, 1, 4) == "<!--") {
            close_at = index(rest, "-->") + 2
            if (close_at == 2)
                fail("a comment without an end")
        } else if (match(rest, /^<\/[A-Za-z]+>/)) {
            tag = substr(rest, 3, RLENGTH - 3)
            if (depth == 0 || stack[depth] != tag)
                fail("</" tag "> closes <" stack[depth] ">")
            depth--
        } else if (match(rest, /^<[A-Za-z]+/)) {
            tag = substr(rest, 2, RLENGTH - 1)
            tags[tag] = 1
            empty = substr(rest, close_at - 1, 1) == "/"
            check_attributes(substr(rest, RLENGTH + 1,
                                    close_at - RLENGTH - 1 - empty), tag)
            if (!empty)
                stack[++depth] = tag
        } else
            fail("a bare < before: " substr(rest, 1, 40))
        rest = substr(rest, close_at + 1)
    }
    if (next_file)
        return
    if (depth > 0)
        fail("<" stack[depth] "> is not closed")
    if (rest ~ /[^ \n]/)
        fail("text after </svg>")
    if (!("title" in tags) || !("desc" in tags))
        fail("without a title or a desc")
    rest = svg
    while (match(rest, /url\(#[a-z]+\)/)) {
        if (!(substr(rest, RSTART + 5, RLENGTH - 6) in ids))
            fail("nothing is called " substr(rest, RSTART + 4, RLENGTH - 5))
        rest = substr(rest, RSTART + RLENGTH)
    }
}

FNR == 1 && NR > 1 {
    check(svg)
    svg = ""
}
FNR == 1 { file = FILENAME }
{ svg = svg $0 "\n" }
END {
    check(svg)
    exit failed
}
