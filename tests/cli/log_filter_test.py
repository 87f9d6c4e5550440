"""What of a process's log lines a user sees, by lines that other machines have written."""

import subprocess
import sys
import textwrap

from absl.testing import absltest, parameterized

from stargan_tf.cli import log_filter

NOTES = {
    "oneDNN": b"I0000 00:00:1795701266.644258    6697 port.cc:153] oneDNN custom operations are "
    b"on. You may see slightly different numerical results.\n",
    "before absl": b"WARNING: All log messages before absl::InitializeLog() is called are written "
    b"to STDERR\n",
    "of a date": b"W1126 13:54:25.000123   10088 gpu_device.cc:2343] Cannot dlopen some GPU "
    b"libraries.\n",
    "TensorFlow's": b"2026-11-26 13:48:33.123456: I tensorflow/core/util/port.cc:113] oneDNN\n",
    "TensorFlow's warning": b"2026-11-26 13:48:33.123456: W external/xla/x.cc:7] slow\n",
    "LiteRT": b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n",
    "Python's": b"WARNING:tensorflow:AutoGraph could not transform f.\n",
    "unheard of": b"I0000 00:00:1.000001 1 some_new_pass.cc:1] a note that version 3 will bring\n",
    "two lines": b"I0000 00:00:1795701945.577023   19310 cpu_feature_guard.cc:227] This binary is "
    b"optimized.\nTo enable the following instructions: AVX2, rebuild TensorFlow.\n",
}
WANTED = {
    "error": b"E0000 00:00:1795701311.659445    6697 meta_optimizer.cc:967] remapper failed\n",
    "TensorFlow's error": b"2026-11-26 13:48:33.123456: E tensorflow/core/x.cc:9] it failed\n",
    "fatal": b"F0000 00:00:1795701311.659445    6697 tensor.cc:12] Check failed\n",
    "ERROR:": b"ERROR: could not allocate\n",
    "ours": b"error: There is no data folder 'x'.\n",
    "crash": b"terminate called after throwing an instance of 'std::bad_alloc'\n",
    "empty": b"\n",
    "not quite": b"I like to write: ] things\n",
    "no text": b"\xff\xfe\x00\n",
}
CUDA = {
    "platform": b"E0000 00:00:1795701946.599362   19310 cuda_platform.cc:52] failed call to "
    b"cuInit: UNKNOWN ERROR (303)\n",
    "twice": b"2026-11-26 13:48:33.1: E external/local_xla/xla/stream_executor/cuda/"
    b"cuda_dnn.cc:9261] Unable to register cuDNN factory\n",
}


class FilterTest(parameterized.TestCase):
    @parameterized.named_parameters(NOTES.items())
    def test_notes_are_left_out(self, line):
        self.assertEqual(log_filter.Filter().feed(line), b"")
        # Beside what is wanted, before and after it.
        ours = WANTED["ours"]
        self.assertEqual(log_filter.Filter().feed(ours + line), ours)
        lines = log_filter.Filter()
        self.assertEqual(lines.feed(line) + lines.feed(ours), ours)

    @parameterized.named_parameters(WANTED.items())
    def test_all_else_is_shown(self, line):
        lines = log_filter.Filter()
        note = NOTES["oneDNN"]
        shown = lines.feed(line) + lines.feed(note) + lines.feed(line) + lines.finish()
        self.assertEqual(shown, line + line)

    @parameterized.named_parameters(CUDA.items())
    def test_errors_of_cuda_are_shown_where_there_is_a_gpu(self, line):
        self.assertEqual(log_filter.Filter(cuda=True).feed(line), line)
        self.assertEqual(log_filter.Filter(cuda=False).feed(line), b"")

    def test_lines_may_arrive_in_pieces(self):
        whole = NOTES["oneDNN"] + WANTED["error"] + NOTES["LiteRT"] + b"the last one, unfinished"
        expected = WANTED["error"] + b"the last one, unfinished\n"
        for size in (1, 7, 64):
            lines = log_filter.Filter()
            pieces = [whole[i : i + size] for i in range(0, len(whole), size)]
            self.assertEqual(b"".join(map(lines.feed, pieces)) + lines.finish(), expected)

    def test_the_last_words_of_a_crash_are_shown_even_behind_a_note(self):
        lines = log_filter.Filter()
        shown = lines.feed(NOTES["oneDNN"] + WANTED["crash"])
        self.assertEqual(shown + lines.finish(), WANTED["crash"])
        lines = log_filter.Filter()
        shown = lines.feed(NOTES["two lines"] + log_filter._END)
        self.assertTrue(lines.ended)
        self.assertEqual(shown + lines.finish(), b"")


class ProcessTest(parameterized.TestCase):
    @parameterized.parameters(
        ("sys.exit(3)", 3, b""),
        ("sys.stderr = None; sys.exit(3)", 3, b""),
        ("os.abort()", -6, b"terminate called\n"),
    )
    def test_a_whole_process(self, end, status, last):
        note = NOTES["oneDNN"] + NOTES["two lines"]
        code = f"""
            import os, sys
            from stargan_tf.cli import log_filter
            log_filter.install(cuda=False)
            os.write(2, {note + WANTED["error"]!r})
            print("ours", file=sys.stderr)
            os.write(2, {last!r})
            {end}
        """
        command = [sys.executable, "-c", textwrap.dedent(code)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        self.assertEqual(done.returncode, status)
        lines = done.stderr.splitlines(keepends=True)
        self.assertCountEqual(lines, [WANTED["error"], b"ours\n", *([last] if last else [])])


if __name__ == "__main__":
    absltest.main()
