# hour: how long a student who types everything needs for a chapter's first
# page. Prose 120 words a minute (Korean: 300 characters without blanks), a line
# of a session 4 s, a line that is typed 12 s, a line of C 3 s, a program that is
# compiled for it 15 s, an experiment 6 minutes, its answer included.
function page_begin() {
    words = letters = lines = typed = quoted = programs = experiments = 0
    split("", compiled)
}

function page_line(    text, name) {
    if (kind == "prose" && /<summary>(Answer|답)<\/summary>/)
        experiments++
    if (folded || kind == "comment")
        return
    if (kind == "prose" || kind == "heading") {
        text = $0
        gsub(/<[^>]*>/, "", text)
        gsub(/\]\([^)]*\)/, "]", text)
        gsub(/^[-#|> ]+$/, "", text)
        words += split(text, ignored)
        gsub(/[ \t\200-\277]/, "", text) # a letter's first byte stays
        letters += length(text)
    } else if (kind == "code" && info ~ /^c( |$)/) {
        quoted++
    } else if (kind == "code" &&
               /^([a-z0-9_-]+)?([$>]|\^[CD])/) {
        typed++
        text = $0
        while (match(text, /\.\/[a-z][a-z0-9_]*/)) {
            name = substr(text, RSTART, RLENGTH)
            if (!(name in compiled))
                programs++
            compiled[name]
            text = substr(text, RSTART + RLENGTH)
        }
    } else if (kind == "code") {
        lines++
    }
}

function page_end(    reading, minutes) {
    reading = is_korean(page) ? letters / 300 : words / 120
    minutes = reading + (4 * lines + 12 * typed + 3 * quoted + \
                         15 * programs) / 60 + 6 * experiments
    printf "%-32s %5.1f min: prose %.1f, %d lines, %d typed, %d of C, " \
           "%d programs, %d experiments\n", page, minutes, reading, lines,
           typed, quoted, programs, experiments
    if (minutes > 60)
        complain(page, 0, sprintf("%.1f minutes are more than an hour",
                                  minutes))
    if (experiments > 3)
        complain(page, 0, experiments " experiments, not at most three")
}

function finish() {
}
