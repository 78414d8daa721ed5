REFUSAL = "x"
