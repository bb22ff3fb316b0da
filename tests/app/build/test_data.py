import numpy as np
import pytest
from PIL import Image

from app import config
from app.build.data import build_data
from app.build.diffusion import build_model
from app.errors import UserError


def test_a_folder_with_a_table_trains_by_attributes(tmp_path):
    for number in range(20):
        image = np.full((8, 8), 10 * number, "uint8")
        Image.fromarray(image).save(tmp_path / f"{number:02}.png")
    table = tmp_path / "list.csv"
    rows = [f"{n:02}.png,{n % 2},{int(n < 5)},1" for n in range(20)]
    table.write_text("\n".join(["file,Male,Young,Bald", *rows]))
    recipe = config.Recipe(
        name="faces",
        data=config.Data(
            name=str(tmp_path), attributes=str(table), attribute_names=("Young", "Male")
        ),
        network=config.PlainCNN(channels=(4, 4), kernel_size=3),
        diffusion=config.Diffusion(condition="attributes"),
        training=config.Training(batch_size=4),
    )
    images = build_data(recipe)
    for part in (images.train, images.validation, images.test):
        numbers = part.images[:, 0, 0, 0] // 10
        expected = np.stack([numbers < 5, numbers % 2 == 1], 1)
        np.testing.assert_array_equal(part.labels > 0, expected)
    model = build_model(recipe, (8, 8, 1), 0, images.train.attribute_names)
    assert model.condition.names == ("Young", "Male") and model.network.attributes == 2
    bare = config.Data(name=str(tmp_path))
    with pytest.raises(UserError, match="conditional on attributes, but .* has none"):
        build_data(config.Recipe(name="x", data=bare, diffusion=recipe.diffusion))
