# awk -v full=N -f bars.awk TABLE TABLE: is each row's bar (the last field) to N
# signs as its number (the field before) is to the largest, and at least one?
# The first row says what the fields are.
FNR == 1 { next }
FNR == NR {
    if ($(NF - 1) > most)
        most = $(NF - 1)
    next
}
{
    share = full * $(NF - 1) / most
    signs = length($NF)
    fits = signs > share - 1.1 && signs < share + 0.1
    print (fits || (signs == 1 && share < 1) ? "as long" : "NOT AS LONG")
}
