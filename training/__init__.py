"""Training: record sets in, artifacts out.

In: a record set of preprocessing. Out: an artifact folder (`model.keras`, `artifact.json`,
`training_log.csv`, `curves.png`, `lineage.json`).
May import: preprocessing, imaging, foundation; TensorFlow and Keras. Two kinds of modules keep
configs and artifact.json readable without TensorFlow: `train`, `artifact`, `optimizers`, `curves`
and `networks.registry` load it only inside a function that needs it, through
`tensorflow_setup.import_tensorflow`; `loop`, `losses`, `inputs` and the files of the families
import it at their top and are themselves imported only after that call.
A new network: a file in `networks/` and a row of `networks.registry.MODELS`. A new optimizer: a row
of `optimizers.OPTIMIZERS`. A new loss: a function and a row in `losses.LOSSES`.
"""
