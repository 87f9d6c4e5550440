"""The web demo: a page for runs, made of what their networks can do; see `stargan_tf.demo`.

`controls`, `examples`, `uploads`, `to_labels`, `to_styles` and `sounds` compute what the page shows
and know no browser; `label_tab`, `style_tab` and `sound_tab` put it into components of Gradio;
`page` joins them and `server` serves them to this machine alone.
"""
