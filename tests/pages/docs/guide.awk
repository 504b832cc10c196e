# guide.awk - the instructor's guide, read after all pages of the chapters:
# both languages play the same at the same minute, the Korean one in Korean; a
# class begins at 0 and comes to its exercise at 44; a session that never stops
# has its question asked first; every exercise stands in the guide.
function fault(text) {
    print FILENAME ":" FNR ": " text
    faults++
}

FNR == 1 { korean = FILENAME ~ /\.ko\.md$/; guide = FILENAME ~ /guide/ }

# The pages: which sessions have a line of the lecturer's, and the exercises.
!guide && /^```console name=/ {
    match($0, /name=[a-z0-9_-]+/)
    session = substr(FILENAME, 1, 4) " " substr($0, RSTART + 5, RLENGTH - 5)
    next
}
!guide && /^```/ { session = "" }
!guide && session != "" && /^# / { stops[session] = 1 }
!guide && !korean && FILENAME ~ /exercises/ && /^## [a-z0-9_]+: / {
    exercise[substr($2, 1, length($2) - 1)] = 1
}

guide && /^\| [0-9]+ \|/ {
    minute = $2 + 0
    if (minute > 0 && minute <= last)
        fault("minute " minute " after minute " last)
    if (minute == 0 && last != "" && last != 44)
        fault("the class before has no exercise at 44")
    last = minute
    plays = minute
    text = $0
    while (match(text, /`build\/play [^`]*`/)) {
        command = substr(text, RSTART + 1, RLENGTH - 2)
        text = substr(text, RSTART + RLENGTH)
        if (korean && !sub(/ --ko$/, "", command))
            fault("not played in Korean: " command)
        plays = plays " " command
        split(command, word, " ")
        if (!stops[word[2] " " word[3]] && $0 !~ /\*\*(first|먼저)/)
            fault(word[3] " never stops: its question is asked first")
    }
    if (!korean)
        row[++rows] = plays
    else if (row[++korean_rows] != plays)
        fault("in English: " row[korean_rows])
}

guide && !/^\| [0-9]+ \|/ && /^\| `/ {
    for (name in exercise)
        if (index($0, "| `" name "` |") == 1)
            seen[name, korean] = 1
}

END {
    for (name in exercise)
        for (korean = 0; korean <= 1; korean++)
            if (!seen[name, korean])
                fault("the exercise " name " is missed" \
                      (korean ? " in Korean" : ""))
    if (rows == 0 || rows != korean_rows)
        fault(rows + 0 " rows, and " korean_rows + 0 " in Korean")
    exit faults > 0
}
