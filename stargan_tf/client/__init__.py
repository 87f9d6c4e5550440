"""A client of a TensorFlow Serving server: names and images in, images out, by gRPC or REST.

    with client.connect(target.Target("localhost:8500")) as stargan:
        print(stargan.model.labels.names)
        (png,) = stargan.translate([pathlib.Path("face.jpg")], to="Blond_Hair")

REST (`http://...`) needs neither TensorFlow nor gRPC.
"""
