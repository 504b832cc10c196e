# quotes: a block ```c FILE.c shows lines of that program, in their order and
# next to each other; a line ... skips. How far they are indented may differ.
function stripped(line) {
    gsub(/^[ \t]+|[ \t]+$/, "", line)
    return line
}

# Lines of FILE, in the page's folder; 0: there is no such file.
function load(file,    line) {
    if (!(file in size)) {
        size[file] = 0
        while ((getline line < file) > 0)
            source[file, ++size[file]] = stripped(line)
        close(file)
    }
    return size[file]
}

# The line behind the first place, from "from" on, where lines first to last of
# the quote stand; 0: nowhere.
function found_at(file, from, first, last,    at, i) {
    for (at = from; at <= size[file]; at++) {
        for (i = first; i <= last; i++)
            if (source[file, at + i - first] != quote[i])
                break
        if (i > last)
            return at + last - first + 1
        if (i > reached)
            reached = i
    }
    return 0
}

function check_quote(    first, last, at) {
    if (count > 12)
        complain(page, opened, count " lines are quoted, not at most 12")
    if (!load(file)) {
        complain(page, opened, "there is no " file)
        return
    }
    at = 1
    for (first = 1; first <= count; first = last + 1) {
        if (quote[first] == "...") {
            last = first
            continue
        }
        last = first
        while (last < count && quote[last + 1] != "...")
            last++
        reached = first
        at = found_at(file, at, first, last)
        if (!at) {
            complain(page, opened + reached,
                     file " has not (here) the line: " quote[reached])
            return
        }
    }
}

function page_begin() {
}

function page_line() {
    if (kind == "open" && info ~ /^c( |$)/) {
        file = info
        sub(/^c */, "", file)
        if (file !~ /^[a-z0-9_]+\.[ch]$/)
            complain(page, FNR, "which file of the folder is quoted?")
        folder = page
        sub(/[^\/]*$/, "", folder)
        file = folder file
        opened = FNR
        count = 0
        quotes++
    } else if (kind == "code" && info ~ /^c( |$)/) {
        quote[++count] = stripped($0)
    } else if (kind == "close" && info ~ /^c( |$)/) {
        check_quote()
    }
}

function page_end() {
}

function finish() {
    print quotes + 0 " quotes"
}
