"""Embeddings of domains, and codes beside maps."""

import numpy as np
import tensorflow as tf

from stargan_tf.layers import domain_embedding


class DomainEmbeddingTest(tf.test.TestCase):
    def test_gives_each_domain_its_row(self):
        layer = domain_embedding.DomainEmbedding(400, 50, dtype="float64")
        found = layer(tf.one_hot([2, 0], 400))
        self.assertAllEqual(found, layer.table.numpy()[[2, 0]])
        self.assertAllClose(layer.table.numpy().std(), 1, atol=0.02)
        self.assertAllClose(layer.table.numpy().mean(), 0, atol=0.02)
        again = domain_embedding.DomainEmbedding.from_config(layer.get_config())
        self.assertEqual((again.domains, again.units), (400, 50))

    def test_a_code_is_the_same_at_every_place(self):
        random = np.random.default_rng(0)
        x, code = random.normal(size=(2, 3, 4, 5)), random.normal(size=(2, 6))
        found = domain_embedding.beside(tf.constant(x), tf.constant(code)).numpy()
        self.assertAllEqual(found[..., :5], x)
        for i in range(3):
            for j in range(4):
                self.assertAllClose(found[:, i, j, 5:], code, rtol=1e-15)
        self.assertAllEqual(domain_embedding.beside(tf.constant(x), None), x)


if __name__ == "__main__":
    tf.test.main()
