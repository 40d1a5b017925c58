"""Some 300 texts that tokenizers disagree about."""
import random
import unicodedata

PLAIN = ["", " ", "  ", "a", "Hello World!, how are you?", " leading", "trailing ", "two  spaces", "tab\tand\nline\r\nend\r",
         "\n\n", "\u00a0\u3000\u2003x", "H\u00e9ll\u00f3  Wo\u0155l\u1e0a\u00bf", "e\u0301e\u0300 o\u0308", "\ufb01ne \u2460 \u33a5", "\u0130stanbul \u0131",
         "STRASSE \u1e9e \u00df", "\u03a3\u03a3\u03a3 \u039f\u0394\u039f\u03a3", "\u4e2d\u6587 and \u65e5\u672c\u8a9e\u30ab\u30ca", "\ud55c\uad6d\uc5b4", "\U00020000\U0002a6d6\U0002b81d\U0002b820\U0002b91f\U0002b920\U0002ceaf",
         "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f600\U0001f600", "\ue000\uf8ff\U000f0000\U0010fffd x\ue123y", "\u0000a\u0001b\u007fc\u0085d\u200be\ufefff",
         "\u202eabc\u202c", "a\u00adb", "\ufffda\ufffd", "it's IT'S we'll I'd they've 'tis", "don\u2019t \u201cquote\u201d \u2026 \u2014 \u00ab\u00bb",
         "1234567890 3.14 1,000 \u0661\u0662\u0663 \u2167 \u00bd\u00b2", "x" * 99, "x" * 100, "x" * 101, "\u00e9" * 100, "ab" * 700, "!" * 300, "a!b?c.d", "$+<=>^`|~", "\u20ac\u00a3\u00a5 \u00d7 \u2211",
         "under_score-dash/slash\\back", "http://a.b/c?d=e&f#g", "<s>", "</s>", "<s>the cat</s> sat", "a<unk>b", "[CLS] the [SEP] cat", "the [MASK] sat", "the[MASK]sat", "[mask] [UNK] [PAD]", "the <mask> sat", "the  <mask>  sat", "<mask>",
         "<|endoftext|>the<|endoftext|>", "<pad>", "[CLS", "<s", "the cat ADDED the", "theADDEDcat", "added ADDED Added", " ADDED ", "the\tADDED\ncat", "ADDEDADDED", "\u00e9ADDED\u4e2d", "<0x0A>", "\u2581the", "\u2581", " \u2581 the", "the\u2581cat", "the <extra_0> cat<extra_1>",
         "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0645\u0631\u062d\u0628\u0627", "\u05e9\u05dc\u05d5\u05dd", "\u1100\u1161\u11a8", "\uff21\uff22\uff23\uff11", "a\u0300\u0301\u0302\u0303b", "\u0344 \u0958 \u2126 \u212b", "\u1734\u1885\ua9bd\U000111c9", "\u2e52\u061d\u0898 \U00010d50",
         "\u2028line\u2029para", "\x0b\x0cx", "  \n \t mixed \n\n  white  ", "The the THE tHe", "naive na\u00efve nai\u0308ve", "caf\u00e9 CAF\u00c9"]
PAIRS = [("the cat", "sat on the mat"), ("", ""), ("a", ""), ("", "b"), ("the cat sat on the mat " * 5, "hello"), ("hello", "the cat sat on the mat " * 5), ("the <mask> [MASK]", " ADDED ")]


def texts():
    out = list(PLAIN)
    # Every assigned character, beside a letter: 3000 to a text.
    known = [chr(c) for c in range(1, 0x110000) if unicodedata.category(chr(c)) not in ("Cs", "Cn", "Co")]
    sparse = known[:3000] + known[3000::37]
    for i in range(0, len(sparse), 150):
        out.append(" ".join("a" + c + "b" for c in sparse[i:i + 150]))
    source = random.Random(3)
    words = ["the", "cat", "Hello", "123", " ", "  ", "\n", "\u00e9", "e\u0301", "\u4e2d", "\U0001f600", "'s", "!", "ADDED", "<mask>", "[MASK]", "<s>", "\t", "\u00a0", "_", "\ue000", "\u0130", "mat"]
    while len(out) < 300:
        out.append("".join(source.choice(words) for _ in range(source.randrange(1, 14))))
    return out


def inputs(pairs):
    """[text, second or null, greatest length]"""
    out = [[text, None, 5000] for text in texts()]
    out += [[text, None, length] for text in ("the cat sat on the mat", "a") for length in (3, 5, 8)]
    if pairs:
        out += [[a, b, length] for a, b in PAIRS for length in (8, 16, 5000)]
    return out
