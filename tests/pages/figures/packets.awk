# awk -f packets.awk PAGE FIGURE...: does each figure show all the packets that
# one session of the page prints, in the same order, with the same numbers?
#
# A session prints a packet as packet_ladder does, its arrow on the next line:
#     | PSH ACK  SEQ 1  ACK 1  6 bytes  my bytes 1 to 6  |
#     |-------------------------------------------------->|
# A figure has it in an element of the class "packet"; one of the class
# "again" is in no session, but its numbers must agree with each other.
function complain(what) {
    print what
    faults++
}

# "client PSH ACK SEQ 1 ACK 1 6 bytes"
function packet(from, text) {
    gsub(/<[^>]*>|,/, "", text)
    gsub(/바이트/, " bytes", text)
    gsub(/ +/, " ", text)
    sub(/^ /, "", text)
    if (!match(text, /^[A-Z ]*SEQ [0-9]+( ACK [0-9]+)?( [0-9]+ bytes)?/))
        complain(FILENAME ": not a packet: " text)
    return from " " substr(text, RSTART, RLENGTH) "\n"
}

FNR == 1 { file[++files] = FILENAME }

files == 1 && /^```/ { sessions++ }

files == 1 && /\| [A-Z ]+ SEQ [0-9]+/ {
    text = substr($0, index($0, "|") + 1)
    getline
    printed[sessions] = printed[sessions] packet(/<--/ ? "server" : "client", text)
    next
}

files > 1 && /class="[^"]*(packet|again)"/ {
    from = /data-from="client"/ ? "client" : "server"
    text = packet(from, $0)
    if (/again"/)
        again = again text
    else
        drawn[FILENAME] = drawn[FILENAME] text
    shown++
}

END {
    for (i = 2; i <= files; i++) {
        found = 0
        for (session in printed)
            if (printed[session] == drawn[file[i]])
                found = 1
        if (!found)
            complain(file[i] " shows packets that no session of " file[1] \
                     " prints:\n" drawn[file[i]])
    }

    # What is lost and sent again: the last ACK is SEQ + bytes.
    lines = split(again, line, "\n") - 1
    for (i = 1; i <= lines; i++) {
        words = split(line[i], word, " ")
        for (w = 1; w < words; w++) {
            if (word[w] == "SEQ" && word[words] == "bytes")
                expected = word[w + 1] + word[words - 1]
            if (word[w] == "ACK" && word[w + 1] ~ /^[0-9]/)
                last_ack = word[w + 1]
        }
    }
    if (lines && last_ack != expected)
        complain("the last ACK should be " expected ":\n" again)
    exit faults > 0
}
