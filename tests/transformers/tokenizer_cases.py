"""The tokenizer folders that scripts/check-transformers compares: made by save_pretrained, then edited."""
import dataclasses
import json
import pathlib
import random
from typing import Callable

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertTokenizer, GPT2Tokenizer, LlamaTokenizer, PreTrainedTokenizerFast, RobertaTokenizer

WORDS = "the a cat sat on mat hello Hello world split federated prompt tuning of large models and 123 4567 na\u00efve caf\u00e9 \u4e2d \u6587 it's".split()
CORPUS = [" ".join(random.Random(i).choices(WORDS, k=12)) for i in range(600)]
BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


@dataclasses.dataclass
class Case:
    group: str
    name: str
    make: Callable  # a folder's path
    refused: str | None = None  # what the refusal names; None: it must open
    pairs: bool = False


def trained(model, trainer, normalizer=None, words=None):
    tokenizer = Tokenizer(model)
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, words
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def wordpiece_vocab(lower=True):
    tokenizer = trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=300, special_tokens=BERT_SPECIAL, show_progress=False),
                        normalizers.BertNormalizer(lowercase=lower), pre_tokenizers.BertPreTokenizer())
    return tokenizer.get_vocab()


def byte_bpe(special):
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer = trained(models.BPE(), trainers.BpeTrainer(vocab_size=420, special_tokens=special, initial_alphabet=alphabet, show_progress=False),
                        words=pre_tokenizers.ByteLevel(add_prefix_space=False))
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(m) for m in model["merges"]]


def llama_bpe():
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    tokenizer = trained(models.BPE(), trainers.BpeTrainer(vocab_size=480, special_tokens=special, show_progress=False),
                        words=pre_tokenizers.Metaspace())
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(m) for m in model["merges"]]


def edit(path, name, **changes):
    file = pathlib.Path(path) / name
    content = json.loads(file.read_text()) if file.exists() else {}
    for key, value in changes.items():
        at = content
        *parents, last = key.split("__")
        for parent in parents:
            at = at[parent]
        if value is REMOVE:
            at.pop(last, None)
        else:
            at[last] = value
    file.write_text(json.dumps(content))


REMOVE = object()


def config(path, **changes):
    edit(path, "tokenizer_config.json", **changes)


def document(path, **changes):
    edit(path, "tokenizer.json", **changes)


def bert(**options):
    lower = options.get("do_lower_case", True)
    return lambda: BertTokenizer(vocab=wordpiece_vocab(lower), **options)


def roberta(**options):
    def make():
        vocab, merges = byte_bpe(ROBERTA_SPECIAL)
        return RobertaTokenizer(vocab=vocab, merges=merges, **options)
    return make


def gpt2(**options):
    def make():
        vocab, merges = byte_bpe(["<|endoftext|>"])
        return GPT2Tokenizer(vocab=vocab, merges=merges, **options)
    return make


def llama(**options):
    def make():
        vocab, merges = llama_bpe()
        return LlamaTokenizer(vocab=vocab, merges=merges, **options)
    return make


def saved(make, *edits, tokens=()):
    def write(path):
        tokenizer = make()
        for token in tokens:
            tokenizer.add_tokens([token], special_tokens=getattr(token, "special", False))
        tokenizer.save_pretrained(path)
        for change in edits:
            change(path)
    return write


def files_of_bert(path, tokens=None, lines=None, model_type="bert", **settings):
    pathlib.Path(path).mkdir(parents=True)
    if lines is None:
        vocab = wordpiece_vocab(settings.get("do_lower_case", True))
        lines = sorted(vocab, key=vocab.get)
    (pathlib.Path(path) / "vocab.txt").write_text("\n".join(lines) + "\n", newline="\n")
    (pathlib.Path(path) / "config.json").write_text(json.dumps({"model_type": model_type}))
    if settings:
        config(path, **settings)
    if tokens:
        (pathlib.Path(path) / "added_tokens.json").write_text(json.dumps(tokens))


def files_of_bpe(path, special, model_type, **settings):
    path = pathlib.Path(path)
    path.mkdir(parents=True)
    vocab, merges = byte_bpe(special)
    (path / "vocab.json").write_text(json.dumps(vocab))
    (path / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    (path / "config.json").write_text(json.dumps({"model_type": model_type}))
    if settings:
        config(path, **settings)


def sentence_piece(path, rule="identity", trim=False, kind="bpe", special=None, **settings):
    import sentencepiece
    path = pathlib.Path(path)
    path.mkdir(parents=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_prefix=str(path / "tokenizer"), vocab_size=330, model_type=kind, byte_fallback=True,
        normalization_rule_name=rule, remove_extra_whitespaces=trim, minloglevel=2, hard_vocab_limit=False)
    (path / "tokenizer.vocab").unlink()
    (path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    if settings:
        config(path, **settings)


def backend(model_of, normalizer=None, words=None, post=None, special=(), **settings):
    """A tokenizer.json that is taken as it is."""
    def write(path):
        tokenizer = Tokenizer(model_of())
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, words
        if post:
            tokenizer.post_processor = post
        tokenizer.add_special_tokens(list(special))
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, **settings).save_pretrained(path)
    return write


def bpe_model(special=("<|endoftext|>",), **options):
    def make():
        vocab, merges = byte_bpe(list(special))
        return models.BPE(vocab=vocab, merges=merges, **options)
    return make


def piece_model(**options):
    return lambda: models.WordPiece(wordpiece_vocab(), unk_token="[UNK]", **options)


def llama_model(**options):
    def make():
        vocab, merges = llama_bpe()
        return models.BPE(vocab=vocab, merges=merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>", **options)
    return make


ADDED = [AddedToken("ADDED", normalized=True), AddedToken("<extra_0>", special=True, normalized=False)]
B = "bert"
R = "roberta"
G = "gpt2"
L = "llama"
ANY = "tokenizers"
LEVEL = pre_tokenizers.ByteLevel(add_prefix_space=False)
BERT_WORDS = pre_tokenizers.BertPreTokenizer()
BERT_NORMAL = normalizers.BertNormalizer()
LLAMA_OLD = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])


def metaspace(scheme):
    return pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)


def template(single, *special, pair=None):
    return processors.TemplateProcessing(single=single, pair=pair, special_tokens=list(special))


def token_case(group, make, **flags):
    name = "added_" + "_".join(key if on else "not_" + key for key, on in flags.items())
    return Case(group, f"{group}_{name}", saved(make, tokens=[AddedToken("ADDED", **flags)]))


CASES = [
    Case(B, "bert", saved(bert()), pairs=True),
    Case(B, "bert_cased", saved(bert(do_lower_case=False)), pairs=True),
    Case(B, "bert_accents_kept", saved(bert(strip_accents=False))),
    Case(B, "bert_accents_stripped", saved(bert(do_lower_case=False, strip_accents=True))),
    Case(B, "bert_cjk_kept", saved(bert(tokenize_chinese_chars=False))),
    Case(B, "bert_left", saved(bert(truncation_side="left")), pairs=True),
    Case(B, "bert_added", saved(bert(), tokens=ADDED)),
    Case(B, "bert_extra", saved(bert(extra_special_tokens=["<extra_0>", "<extra_1>"]))),
    token_case(B, bert(), lstrip=True), token_case(B, bert(), rstrip=True), token_case(B, bert(), single_word=True),
    token_case(B, bert(), normalized=False), token_case(B, bert(), normalized=True), token_case(B, bert(), lstrip=True, rstrip=True, single_word=True),
    Case(B, "bert_fast_name", saved(bert(), lambda p: config(p, tokenizer_class="BertTokenizerFast"))),
    Case(B, "bert_4_keys", saved(bert(), lambda p: config(p, do_basic_tokenize=True, never_split=None, clean_up_tokenization_spaces=True, max_length=128, stride=0, truncation_strategy="longest_first", pad_token_type_id=0, tokenizer_file=None, special_tokens_map_file="x"))),
    Case(B, "bert_vocab_txt", lambda p: files_of_bert(p), pairs=True),
    Case(B, "bert_vocab_txt_cased", lambda p: files_of_bert(p, do_lower_case=False)),
    Case(B, "bert_vocab_txt_accents", lambda p: files_of_bert(p, strip_accents=False, tokenize_chinese_chars=False)),
    Case(B, "bert_vocab_txt_added", lambda p: files_of_bert(p, tokens={"ADDED": 300}, lines=BERT_SPECIAL + [f"w{i}" for i in range(285)] + ["the", "cat", "##s", "a", "##b", "!", "\u4e2d", "sat", "mat", "e"])),
    Case(B, "bert_twice_and_empty", lambda p: files_of_bert(p, lines=BERT_SPECIAL + ["the", "", "cat", "the", "", "a", "##b", "\u3000", "e", "x\u00a0"])),
    Case(B, "bert_contradiction", saved(bert(), lambda p: config(p, do_lower_case=False)), "do_lower_case"),
    Case(B, "bert_contradiction_2", saved(bert(), lambda p: document(p, normalizer__strip_accents=False)), "strip_accents"),
    Case(B, "bert_contradiction_3", saved(bert(), lambda p: config(p, tokenize_chinese_chars=False)), "tokenize_chinese_chars"),
    Case(B, "bert_never_split", saved(bert(), lambda p: config(p, never_split=["the"])), "never_split"),
    Case(B, "bert_no_basic", saved(bert(), lambda p: config(p, do_basic_tokenize=False)), "do_basic_tokenize"),
    Case(B, "bert_long_words", saved(bert(), lambda p: document(p, model__max_input_chars_per_word=20)), "max_input_chars_per_word"),
    Case(B, "bert_other_class", saved(bert(), lambda p: config(p, tokenizer_class="AlbertTokenizer")), "tokenizer_class"),
    Case(B, "bert_no_frame", saved(bert(), lambda p: document(p, post_processor=None)), "post_processor"),
    Case(B, "bert_digits", saved(bert(), lambda p: document(p, pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, {"type": "BertPreTokenizer"}]})), "pre_tokenizer"),
    Case(R, "roberta", saved(roberta()), pairs=True),
    Case(R, "roberta_space", saved(roberta(add_prefix_space=True)), pairs=True),
    Case(R, "roberta_added", saved(roberta(), tokens=ADDED)),
    token_case(R, roberta(), lstrip=True), token_case(R, roberta(), rstrip=True), token_case(R, roberta(), single_word=True),
    Case(R, "roberta_mask_lstrip", saved(roberta(mask_token=AddedToken("<mask>", lstrip=True, special=True)))),
    Case(R, "roberta_files", lambda p: files_of_bpe(p, ROBERTA_SPECIAL, "roberta"), pairs=True),
    Case(R, "roberta_files_space", lambda p: files_of_bpe(p, ROBERTA_SPECIAL, "roberta", add_prefix_space=True)),
    Case(R, "roberta_contradiction", saved(roberta(), lambda p: config(p, add_prefix_space=True)), "add_prefix_space"),
    Case(R, "roberta_template", saved(roberta(), lambda p: document(p, post_processor={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True})), "post_processor"),
    Case(R, "roberta_other_class", saved(roberta(), lambda p: config(p, tokenizer_class="BertTokenizer")), "tokenizer_class"),
    Case(G, "gpt2", saved(gpt2())),
    Case(G, "gpt2_space", saved(gpt2(add_prefix_space=True))),
    Case(G, "gpt2_begin", saved(gpt2(add_bos_token=True))),
    Case(G, "gpt2_pad", saved(gpt2(pad_token="<|endoftext|>", padding_side="left"))),
    Case(G, "gpt2_left", saved(gpt2(truncation_side="left"))),
    Case(G, "gpt2_added", saved(gpt2(), tokens=ADDED)),
    token_case(G, gpt2(), lstrip=True), token_case(G, gpt2(), rstrip=True), token_case(G, gpt2(), single_word=True),
    Case(G, "gpt2_files", lambda p: files_of_bpe(p, ["<|endoftext|>"], "gpt2")),
    Case(G, "gpt2_files_begin", lambda p: files_of_bpe(p, ["<|endoftext|>"], "gpt2", add_bos_token=True, add_prefix_space=True)),
    Case(G, "gpt2_with_robertas_tokens", lambda p: files_of_bpe(p, ["<|endoftext|>", "<s>", "</s>"], "gpt2")),
    Case(G, "gpt2_digits", saved(gpt2(), lambda p: document(p, pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]})), "pre_tokenizer"),
    Case(G, "gpt2_nfc", saved(gpt2(), lambda p: document(p, normalizer={"type": "NFC"})), "normalizer"),
    Case(G, "gpt2_dropout", saved(gpt2(), lambda p: document(p, model__dropout=0.5)), "dropout"),
    Case(G, "gpt2_ignore_merges", saved(gpt2(), lambda p: document(p, model__ignore_merges=True)), "ignore_merges"),
    Case(G, "gpt2_prefix", saved(gpt2(), lambda p: document(p, model__continuing_subword_prefix="##")), "continuing_subword_prefix"),
    Case(G, "gpt2_suffix", saved(gpt2(), lambda p: document(p, model__end_of_word_suffix="</w>")), "end_of_word_suffix"),
    Case(G, "gpt2_bos_contradiction", saved(gpt2(), lambda p: config(p, add_bos_token=True)), "add_bos_token"),
    Case(G, "gpt2_split_special", saved(gpt2(), lambda p: config(p, split_special_tokens=True)), "split_special_tokens"),
    Case(G, "gpt2_unknown_key", saved(gpt2(), lambda p: config(p, some_new_key=1)), "some_new_key"),
    Case(L, "llama", saved(llama())),
    Case(L, "llama_ends", saved(llama(add_bos_token=True, add_eos_token=True))),
    Case(L, "llama_no_space", saved(llama(add_prefix_space=False))),
    Case(L, "llama_legacy", saved(llama(), lambda p: config(p, legacy=True))),
    Case(L, "llama_added", saved(llama(), tokens=ADDED)),
    token_case(L, llama(), lstrip=True), token_case(L, llama(), rstrip=True),
    Case(L, "llama_prepend", saved(llama(), lambda p: document(p, normalizer={"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]}, pre_tokenizer=None))),
    Case(L, "llama_model", lambda p: sentence_piece(p, tokenizer_class="LlamaTokenizer", add_bos_token=True)),
    Case(L, "llama_model_legacy", lambda p: sentence_piece(p, tokenizer_class="LlamaTokenizer", add_bos_token=True, add_eos_token=True, legacy=True)),
    Case(L, "llama_model_no_class", lambda p: sentence_piece(p, add_bos_token=True)),
    Case(L, "llama_model_no_config", lambda p: sentence_piece(p)),
    Case(L, "llama_model_nfkc", lambda p: sentence_piece(p, rule="nmt_nfkc", tokenizer_class="LlamaTokenizer"), "LlamaTokenizer"),
    Case(L, "llama_model_unigram", lambda p: sentence_piece(p, kind="unigram", tokenizer_class="LlamaTokenizer"), "LlamaTokenizer"),
    Case(ANY, "any_wordpiece", backend(piece_model(), BERT_NORMAL, BERT_WORDS, unk_token="[UNK]")),
    Case(ANY, "any_wordpiece_long_words", backend(piece_model(max_input_chars_per_word=20), BERT_NORMAL, BERT_WORDS, template("[CLS] $A [SEP]", ("[CLS]", 2), ("[SEP]", 3), pair="[CLS] $A [SEP] $B:1 [SEP]:1"), BERT_SPECIAL, unk_token="[UNK]"), pairs=True),
    Case(ANY, "any_wordpiece_begin_alone", backend(piece_model(), BERT_NORMAL, BERT_WORDS, template("[CLS] $A", ("[CLS]", 2)))),
    Case(ANY, "any_wordpiece_lowercase", backend(piece_model(), normalizers.Lowercase(), BERT_WORDS), "normalizer"),
    Case(ANY, "any_wordpiece_whitespace", backend(piece_model(), BERT_NORMAL, pre_tokenizers.Whitespace()), "pre_tokenizer"),
    Case(ANY, "any_bytes", backend(bpe_model(), None, LEVEL)),
    Case(ANY, "any_bytes_template", backend(bpe_model(), None, LEVEL, template("<|endoftext|> $A", ("<|endoftext|>", 0)), ["<|endoftext|>"])),
    Case(ANY, "any_bytes_sequence", backend(bpe_model(), None, pre_tokenizers.Sequence([LEVEL]), processors.Sequence([processors.ByteLevel(), template("<|endoftext|> $A", ("<|endoftext|>", 0))]), ["<|endoftext|>"])),
    Case(ANY, "any_bytes_split", backend(bpe_model(), None, pre_tokenizers.Sequence([pre_tokenizers.Split("a", "isolated"), LEVEL])), "pre_tokenizer"),
    Case(ANY, "any_bytes_nfkc", backend(bpe_model(), normalizers.NFKC(), LEVEL), "normalizer"),
    Case(ANY, "any_bytes_no_regex", backend(bpe_model(), None, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)), "use_regex"),
    Case(ANY, "any_llama_prepend", backend(llama_model(), LLAMA_OLD, None, template("<s> $A", ("<s>", 1)), ["<unk>", "<s>", "</s>"])),
    Case(ANY, "any_llama_first", backend(llama_model(), None, metaspace("first"), template("<s> $A </s>", ("<s>", 1), ("</s>", 2)), ["<s>", "</s>"])),
    Case(ANY, "any_llama_always", backend(llama_model(), None, metaspace("always"), None, ["<s>", "</s>"])),
    Case(ANY, "any_llama_never", backend(llama_model(), None, metaspace("never"))),
    Case(ANY, "any_llama_split", backend(llama_model(), None, pre_tokenizers.Metaspace()), "split"),
    Case(ANY, "any_unigram", backend(lambda: models.Unigram([("<unk>", 0.0), ("a", -1.0)], 0)), "model.type"),
    Case(ANY, "any_wordlevel", backend(lambda: models.WordLevel({"a": 0, "<unk>": 1}, "<unk>"), None, pre_tokenizers.Whitespace()), "model.type"),
]
