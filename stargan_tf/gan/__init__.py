"""What adversarial training needs beside networks: losses, penalties, augmentation."""
