# What is the same in all programs besides the tail: the head, the first line
# of main, the name a program calls itself; and one name has one meaning, so a
# helper that stands in several programs is the same, letter for letter but
# for the program's name. These names mean only "what this program does":
BEGIN {
    count = split("serve show measure compose await field", names)
    for (i = 1; i <= count; i++)
        of_its_own[names[i]] = 1
}

function complain(what) {
    print FILENAME ": " what
    faults++
}

function end_of_function() {
    gsub("(^|[^A-Za-z0-9_])" program "[^A-Za-z0-9_]", " PROGRAM ", text)
    gsub(/"[ \n]+"/, "", text) # a long text is cut where its line ends
    gsub(/[ \n]+/, " ", text)
    gsub(/\( /, "(", text)
    if (name in text_of && text_of[name] != text)
        complain(name " is not that of " first[name])
    else if (!(name in text_of)) {
        text_of[name] = text
        first[name] = FILENAME
    }
    name = ""
}

FNR == 1 {
    program = FILENAME
    gsub(/.*\/|\.c$/, "", program)
    name = ""
    head = "head"
    below = in_main = 0
}
FNR == 2 && index($0, " * " program ".c - ") != 1 {
    complain("its head does not begin with \"" program ".c - \"")
}
head && /^ \* (Calls|Try|See) / { head = head " " $2 }
head && /^ \*\/$/ {
    heads[FILENAME] = head
    head = ""
}
/^int main\(/ {
    in_main = 1
    if (heads[FILENAME] != "head Calls Try See")
        complain("its head has not Calls, Try and See, in this order")
}
in_main && /^    / {
    if ($0 != "    standard_streams();")
        complain("main does not begin with standard_streams()")
    in_main = 0
}

# It speaks under its own name.
match($0, /(perror\("|"usage: )[a-z0-9_]+/) {
    said = substr($0, RSTART, RLENGTH)
    sub(/.*["( ]/, "", said)
    if (said != program)
        complain("it calls itself " said)
}

/^\/\* ---- / { below = 1 }
below { next }
name == "" && /^[a-z].*\(/ && !/[=;]/ {
    name = $0
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    text = ""
    if (name == "main" || name in of_its_own)
        name = ""
}
name != "" {
    text = text $0 "\n"
    if (/;$/ && text !~ /\n\{\n/)
        name = "" # it was a declaration
    else if (/^\}$/)
        end_of_function()
}
END {
    exit faults > 0
}
